import type { RegisterInput } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { ParleyError } from '../infra/errors/parley-error.js';
import { newId } from '../infra/new-id.js';
import { RateLimits } from '../infra/rate-limits/rate-limits.js';
import { AuthStore } from './auth.store.js';
import { Passwords } from './passwords.js';
import type { Device, StartedSession } from './start-session.js';
import { StartSession } from './start-session.js';

/**
 * Makes an account and signs it in, in one transaction: where the answer is lost there is either both or nothing. The first
 * one ever made is the admin's.
 */
@Injectable()
export class Register {
  constructor(
    private readonly limits: RateLimits,
    private readonly passwords: Passwords,
    private readonly store: AuthStore,
    private readonly startSession: StartSession,
  ) {}

  /** Throws CONFLICT where the name or e-mail address is taken. */
  async execute(input: RegisterInput, device: Device): Promise<StartedSession> {
    await this.limits.consume('registrationsPerHourPerAddress', device.address);
    const username = input.username.toLowerCase();
    // Before the costly hash; the unique index decides where two register at once.
    if (await this.store.isUsernameTaken(username)) throw taken('username');
    const passwordHash = await this.passwords.hash(input.password);
    const id = newId();
    const prepared = this.startSession.prepare(id, device);
    const user = {
      id,
      username,
      displayName: input.displayName ?? input.username,
      email: input.email ?? null,
      passwordHash,
    };
    const made = await this.store.createUser(user, prepared.session);
    if ('taken' in made) throw taken(made.taken);
    return this.startSession.answer(made.user, prepared);
  }
}

function taken(field: 'username' | 'email'): ParleyError {
  const message = field === 'username' ? 'This username is taken.' : 'This e-mail address is taken.';
  return new ParleyError('CONFLICT', message, { fields: [{ path: field, message: 'is taken' }] });
}
