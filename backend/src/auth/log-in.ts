import type { LoginInput } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { ParleyError } from '../infra/errors/parley-error.js';
import { Logger } from '../infra/logger/logger.js';
import { RateLimits } from '../infra/rate-limits/rate-limits.js';
import { AuthStore } from './auth.store.js';
import { Passwords } from './passwords.js';
import type { Device, StartedSession } from './start-session.js';
import { StartSession } from './start-session.js';

/** Signs in. Unknown name, wrong password and closed account are one answer, after the same work. */
@Injectable()
export class LogIn {
  constructor(
    private readonly limits: RateLimits,
    private readonly passwords: Passwords,
    private readonly store: AuthStore,
    private readonly startSession: StartSession,
    private readonly logger: Logger,
  ) {}

  async execute(input: LoginInput, device: Device): Promise<StartedSession> {
    const username = input.username.toLowerCase();
    await this.limits.consume('loginsPerMinutePerAddress', device.address);
    await this.limits.consume('loginsPerMinutePerAccount', username);
    const account = await this.store.findCredentials(username);
    if (!(await this.passwords.matches(account?.passwordHash ?? null, input.password)) || !account) {
      this.logger.info('A sign-in failed');
      throw new ParleyError('UNAUTHENTICATED', 'The username or the password is wrong.');
    }
    // Only failed tries count against an account: many devices may sign in.
    await this.limits.giveBack('loginsPerMinutePerAccount', username);
    return this.startSession.execute(account.user, device);
  }
}
