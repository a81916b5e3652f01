import { IsEmoji, IsId } from '../rules.js';

/** Path parameters. */
export class IdParams {
  @IsId()
  id!: string;
}

export class MemberParams extends IdParams {
  @IsId()
  userId!: string;
}

export class ReactionParams extends IdParams {
  @IsEmoji()
  emoji!: string;
}
