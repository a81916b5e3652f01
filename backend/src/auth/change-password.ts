import type { ChangePasswordInput } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { ParleyError } from '../infra/errors/parley-error.js';
import type { HttpCaller } from '../infra/http/endpoint.js';
import { RateLimits } from '../infra/rate-limits/rate-limits.js';
import { Publisher } from '../realtime/publisher.js';
import { AuthStore } from './auth.store.js';
import { Passwords } from './passwords.js';

/** Changes the caller's password and, in the same commit, ends all their other sessions. */
@Injectable()
export class ChangePassword {
  constructor(
    private readonly limits: RateLimits,
    private readonly passwords: Passwords,
    private readonly store: AuthStore,
    private readonly publisher: Publisher,
  ) {}

  /** Throws FORBIDDEN where the current password is wrong. */
  async execute(caller: HttpCaller, input: ChangePasswordInput): Promise<void> {
    await this.limits.consume('passwordsPerHour', caller.userId);
    const stored = await this.store.findPasswordHash(caller.userId);
    if (!(await this.passwords.matches(stored, input.current))) {
      // The answer to the change was lost, and this is its repeat: all of it is done.
      if (await this.passwords.matches(stored, input.next)) return;
      throw new ParleyError('FORBIDDEN', 'The current password is wrong.', {
        fields: [{ path: 'current', message: 'is wrong' }],
      });
    }
    const ended = await this.store.changePassword({
      userId: caller.userId,
      passwordHash: await this.passwords.hash(input.next),
      exceptSessionId: caller.sessionId,
    });
    for (const sessionId of ended) this.publisher.endSession(sessionId, 'revoked');
  }
}
