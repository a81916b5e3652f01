import { IsEmail, IsOptional, MaxLength } from 'class-validator';
import { DISPLAY_NAME_MAX, EMAIL_MAX, PASSWORD_MAX, PASSWORD_MIN } from '../limits.js';
import { IsLabel, IsText, IsUsername } from '../rules.js';

export class RegisterInput {
  @IsUsername()
  username!: string;

  @IsText(PASSWORD_MIN, PASSWORD_MAX)
  password!: string;

  /** The username where absent. */
  @IsOptional()
  @IsLabel(DISPLAY_NAME_MAX)
  displayName?: string | null;

  @IsOptional()
  @IsEmail({}, { message: 'must be an e-mail address' })
  @MaxLength(EMAIL_MAX, { message: 'is too long' })
  email?: string | null;
}

/** Not held against the username and password rules, so that a wrong guess of any form gets the one answer. */
export class LoginInput {
  @IsText(1, 256)
  username!: string;

  @IsText(1, 1_024)
  password!: string;
}

export class ChangePasswordInput {
  @IsText(1, 1_024)
  current!: string;

  @IsText(PASSWORD_MIN, PASSWORD_MAX)
  next!: string;
}

/** A newer access token of the same session. */
export class RefreshSocketInput {
  @IsText(1, 4_096)
  token!: string;
}
