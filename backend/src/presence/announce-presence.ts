import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Logger } from '../infra/logger/logger.js';
import type { Periodic } from '../infra/periodic/periodically.js';
import { periodically } from '../infra/periodic/periodically.js';
import { RedisUnavailableError } from '../infra/redis/redis-cache.js';
import { LivePeople } from './live-people.js';
import { PresenceHints } from './presence-hints.js';
import { BEAT_MS, PresenceLease } from './presence-lease.js';
import type { LiveStatus, Said } from './presence-records.js';
import { PEOPLE_AT_ONCE, PresenceRecords } from './presence-records.js';

/** What moves in a moment (a reconnect, a storm) is written once. */
const GATHER_MS = 250;
/** All others have noticed by then that Redis has forgotten or stood still, and have written their people again. */
const SETTLED_AFTER_MS = BEAT_MS + 1_000;
/** Redis drops the oldest keys where it is full, and somebody may stay for longer than a month. */
const REPEAT_MS = 600_000;

/**
 * Keeps the lease of this instance, writes how its people are, and clears up after instances that died. All in one
 * loop, one thing after the other, so that nothing written can be older than what stands there: a person's status is
 * read at the moment it is sent.
 */
@Injectable()
export class AnnouncePresence implements OnApplicationBootstrap, OnApplicationShutdown {
  /** What Redis holds under the present lease; `unknown` where it did not answer. */
  private readonly written = new Map<string, LiveStatus | 'unknown'>();
  private beatAt = -Infinity;
  private repeatAt = performance.now() + REPEAT_MS;
  private settledAt = -Infinity;
  private periodic: Periodic | undefined;

  constructor(
    private readonly people: LivePeople,
    private readonly lease: PresenceLease,
    private readonly records: PresenceRecords,
    private readonly hints: PresenceHints,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const options = { name: 'Writing presence', everyMs: GATHER_MS, logger: this.logger };
    this.periodic = periodically(options, () => this.whileRedisAnswers(() => this.step()));
  }

  /** After the drain, when the last of them have left. */
  async onApplicationShutdown(): Promise<void> {
    await this.periodic?.stop();
    await this.whileRedisAnswers(async () => {
      await this.writeMoved();
      await this.lease.end();
    });
  }

  /** Whether what Redis says can be told: not soon after it forgot, when some have not written their people again. */
  get isSettled(): boolean {
    return performance.now() >= this.settledAt;
  }

  /** What could not be done now is done by a later step. */
  private async whileRedisAnswers(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof RedisUnavailableError)) throw error;
    }
  }

  private async step(): Promise<void> {
    const now = performance.now();
    if (now - this.beatAt >= BEAT_MS - GATHER_MS) {
      await this.beat();
      this.beatAt = now;
    }
    await this.writeMoved();
    if (now >= this.repeatAt) {
      await this.write(this.people.all(), true);
      this.repeatAt = now + REPEAT_MS;
    }
  }

  private async beat(): Promise<void> {
    const { state, ended } = await this.lease.beat(this.isSettled);
    if (state !== 'held') this.settledAt = performance.now() + SETTLED_AFTER_MS;
    if (state === 'lost') {
      this.lease.renew();
      this.written.clear();
      this.people.putBack(this.people.all());
      await this.lease.beat(false);
    }
    if (ended !== undefined) await this.clearUp(ended);
  }

  private async clearUp(ended: string): Promise<void> {
    let count = 0;
    for (let some = await this.records.clearSome(ended); some.length > 0;) {
      count += some.length;
      this.hints.tell(some);
      some = await this.records.clearSome(ended);
    }
    await this.lease.cleared(ended);
    if (count > 0)
      this.logger.info('Cleared up after an instance that died', { lease: ended, people: count });
  }

  private writeMoved(): Promise<void> {
    return this.write(this.people.takeMoved(), false);
  }

  private async write(userIds: readonly string[], isRepeated: boolean): Promise<void> {
    for (let start = 0; start < userIds.length; start += PEOPLE_AT_ONCE) {
      const said = userIds.slice(start, start + PEOPLE_AT_ONCE).flatMap((userId) => {
        const status = this.people.statusOf(userId);
        const isKnown = status === (this.written.get(userId) ?? null);
        return isKnown && !isRepeated ? [] : [{ userId, status, isRepeated: isKnown } satisfies Said];
      });
      if (said.length === 0) continue;
      for (const { userId } of said) this.written.set(userId, 'unknown');
      try {
        await this.records.write(said);
      } catch (error) {
        this.people.putBack(userIds.slice(start));
        throw error;
      }
      for (const { userId, status } of said) {
        if (status === null) this.written.delete(userId);
        else this.written.set(userId, status);
      }
      this.hints.tell(said.filter(({ isRepeated: isOld }) => !isOld).map(({ userId }) => userId));
    }
  }
}
