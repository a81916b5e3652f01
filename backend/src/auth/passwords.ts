import { hash, verify } from '@node-rs/argon2';
import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { unavailable } from '../infra/errors/parley-error.js';

/** OWASP's first choice for argon2id (the library's default kind): 19 MiB, 2 passes, 1 lane; about 30 ms of one core. */
const PARAMETERS = {
  memoryCost: 19_456,
  timeCost: 2,
  parallelism: 1,
} as const;

/** Hashing runs on the thread pool that file and name look-ups share: it may take half of it, never all. */
const AT_ONCE = Math.max(1, Math.min(2, availableParallelism() - 1));
/** Waiting sign-ins beyond this are refused instead of kept: at 30 ms each they would wait longer than clients do. */
const WAITING_MAX = 200;

/** Hashes and checks passwords, a few at a time. */
@Injectable()
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly decoy = hash(randomBytes(32), PARAMETERS);

  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password.normalize('NFC'), PARAMETERS));
  }

  /**
   * Whether the password is the one of the hash. Without a hash (nobody has that name) the same work is done on
   * a decoy, so that the time tells nothing.
   */
  async matches(stored: string | null, password: string): Promise<boolean> {
    const against = stored ?? (await this.decoy);
    const same = await this.inTurn(() => verify(against, password.normalize('NFC')));
    return same && stored !== null;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= AT_ONCE) {
      if (this.waiting.length >= WAITING_MAX) throw unavailable('Too many people sign in at this moment.');
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
      });
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      // The place is handed on, not given back, so that nobody can slip in between.
      if (next) next();
      else this.running -= 1;
    }
  }
}
