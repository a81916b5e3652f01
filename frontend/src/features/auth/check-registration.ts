import {
  PASSWORD_MAX,
  PASSWORD_MIN,
  USERNAME_MAX,
  USERNAME_MIN,
  USERNAME_PATTERN,
} from '@parley/protocol/limits';
import { codePointLength } from '@parley/protocol/text';

export interface Registration {
  username: string;
  displayName: string;
  password: string;
}

/** The rules that can be told before the server is asked; the server's own word stays the last. */
export function checkRegistration(input: Registration): Partial<Record<keyof Registration, string>> {
  const complaints: Partial<Record<keyof Registration, string>> = {};
  const username = input.username.trim();
  if (username === '') complaints.username = 'Choose a username.';
  else if (!USERNAME_PATTERN.test(username)) {
    complaints.username = 'Use letters a–z, digits, dots, underscores and hyphens only.';
  } else if (username.length < USERNAME_MIN) {
    complaints.username = `Use at least ${USERNAME_MIN} characters.`;
  } else if (username.length > USERNAME_MAX) {
    complaints.username = `Use at most ${USERNAME_MAX} characters.`;
  }
  const length = codePointLength(input.password);
  if (length < PASSWORD_MIN) complaints.password = `Use at least ${PASSWORD_MIN} characters.`;
  else if (length > PASSWORD_MAX) complaints.password = `Use at most ${PASSWORD_MAX} characters.`;
  return complaints;
}
