import type { Message } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Metrics } from '../infra/metrics/metrics.js';
import { Arrivals } from '../realtime/arrivals.js';
import { Publisher } from '../realtime/publisher.js';
import { contiguousPieces } from './contiguous-pieces.js';
import { DeliveredLog } from './delivered-log.js';
import type { RevRange } from './delivered-revs.js';
import { joinedRanges, revsIn } from './delivered-revs.js';
import { HeadsStore } from './heads.store.js';

/** Above this, members are told the head and fetch by themselves, each only what it lacks. */
const REPAIRED_REVS_MAX = 200;
/** The same for bytes: a quarter of what may wait for a socket before it is cut as one that does not read. */
const REPAIRED_BYTES_MAX = 256 * 1024;
/** Between two holes: telling so many messages again costs less than three more queries. */
const TOLD_AGAIN_REVS_MAX = 8;

/** Delivers to this instance's own sockets what they lack of a part of a conversation's log, read from PostgreSQL. */
@Injectable()
export class RepairRoom {
  constructor(
    private readonly delivered: DeliveredLog,
    private readonly store: HeadsStore,
    private readonly publisher: Publisher,
    private readonly arrivals: Arrivals,
    private readonly metrics: Metrics,
  ) {}

  /**
   * `since`: before anything was written that is missing, by the clock of PostgreSQL.
   * Where nothing is known to be delivered yet, the members may get again what they have: they drop it by its rev.
   * A frame counts once it was written to the sockets: one that the membership gate withholds is tried by the next sweep.
   */
  async execute(conversationId: string, range: RevRange, since: Date): Promise<void> {
    const delivered = this.delivered.of(conversationId);
    const missingOf = (part: RevRange): RevRange[] => delivered?.missing(part) ?? [part];
    const missing = missingOf(range);
    const count = revsIn(missing);
    if (count === 0) return;
    if (count > REPAIRED_REVS_MAX) {
      this.count('heads', count);
      this.tellHead(conversationId, range);
      return;
    }
    // Below what was delivered here first, nobody in the room missed it: they synced when they joined.
    const first = delivered?.first ?? Number.POSITIVE_INFINITY;
    const below = missing.filter(({ to }) => to <= first);
    const holes = [below, missing.slice(below.length)].flatMap((part) =>
      joinedRanges(part, TOLD_AGAIN_REVS_MAX),
    );
    let bytesLeft = REPAIRED_BYTES_MAX;
    for (const hole of holes) {
      const isAnew = hole.to <= first;
      const changes = await this.store.changes(conversationId, hole, since);
      // What is only told again arrived when it was told first.
      if (!isAnew)
        this.noteArrivals(changes.filter(({ rev }) => missingOf({ from: rev - 1, to: rev }).length > 0));
      // Read after the messages: every removal that any of them came after is counted.
      const membersRev = await this.store.membersRev(conversationId);
      for (const { fromRev, toRev, messages, bytes } of contiguousPieces(hole.from, hole.to, changes)) {
        bytesLeft -= bytes;
        if (bytesLeft < 0) {
          this.count('heads', range.to - fromRev);
          this.tellHead(conversationId, range);
          return;
        }
        this.count(isAnew ? 'anew' : 'frame', revsIn(missingOf({ from: fromRev, to: toRev })));
        this.publisher.changesLocally(membersRev, { conversationId, fromRev, toRev, messages });
      }
    }
  }

  /** Each member fetches what it lacks; nothing more is repaired here. */
  private tellHead(conversationId: string, range: RevRange): void {
    this.publisher.toLocalConversation(conversationId, 'heads', { heads: { [conversationId]: range.to } });
    this.delivered.note(conversationId, range);
  }

  /** Of what was sent and not changed since: the hole may be of a change, long after. */
  private noteArrivals(messages: readonly Message[]): void {
    for (const message of messages) {
      const { editedAt, deletedAt, pinnedAt, reactions, threadReplies, createdAt } = message;
      const isChanged = (editedAt ?? deletedAt ?? pinnedAt) !== null || reactions.length + threadReplies > 0;
      if (!isChanged) this.arrivals.note(message, Date.parse(createdAt));
    }
  }

  private count(how: 'frame' | 'heads' | 'anew', revs: number): void {
    this.metrics.delivery.holesRepaired.inc({ how }, revs);
  }
}
