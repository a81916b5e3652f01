import type { Message, SyncedChanges } from '@parley/protocol';
import { PAGE_LIMIT_MAX } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { MessageStore } from '../conversations/message.store.js';
import { REVS_BEHIND_MAX } from './list-changes.js';
import { SyncStore } from './sync.store.js';

/** Conversations whose changes are read by one statement: enough to save round trips, few enough to stop in time. */
const READ_AT_ONCE = 20;

export interface HeldPosition {
  readonly id: string;
  readonly rev: number;
}

/** The changes of several conversations at once, as far as they fit into a number of bytes. */
@Injectable()
export class SyncChanges {
  constructor(
    private readonly store: SyncStore,
    private readonly messages: MessageStore,
  ) {}

  /**
   * An entry for each position. `heads` was read after the socket joined and holds every one of them. What is
   * complete or must be reset is said at once; what does not fit answers the rev that was sent, and `hasMore`. `bytes` are
   * those of the messages.
   */
  async read(
    readerId: string,
    positions: readonly HeldPosition[],
    heads: ReadonlyMap<string, number>,
    budget: number,
  ): Promise<{ changes: Record<string, SyncedChanges>; bytes: number }> {
    const changes: Record<string, SyncedChanges> = {};
    const behind: HeldPosition[] = [];
    for (const { id, rev } of positions) {
      const head = heads.get(id) ?? 0;
      const isLost = rev > head || head - rev > REVS_BEHIND_MAX;
      // Until it is read, an entry says that nothing of it fitted.
      changes[id] = {
        messages: [],
        lastRev: isLost ? head : rev,
        hasMore: !isLost && rev < head,
        reset: isLost,
      };
      if (!isLost && rev < head) behind.push({ id, rev });
    }

    let left = budget;
    let isFull = false;
    for (let start = 0; start < behind.length && !isFull; start += READ_AT_ONCE) {
      const group = behind.slice(start, start + READ_AT_ONCE);
      const read = await this.store.changes(readerId, group, PAGE_LIMIT_MAX + 1);
      for (const { id, rev } of group) {
        const touched = read.get(id);
        // No longer a member: what is behind has at least the message that made the head. The next sync says so.
        if (!touched) continue;
        const messages = await this.messages.forReader(readerId, touched);
        const page = messages.slice(0, PAGE_LIMIT_MAX);
        const fitting = thatFit(page, left);
        left -= fitting.bytes;
        // Later groups are not even read: the client comes back with the positions that it has by then.
        isFull ||= fitting.messages.length < page.length;
        const hasMore = fitting.messages.length < messages.length;
        // What was read reaches at least to the head read before it.
        const lastRev = fitting.messages.at(-1)?.rev ?? rev;
        changes[id] = {
          messages: fitting.messages,
          lastRev: hasMore ? lastRev : Math.max(lastRev, heads.get(id) ?? 0),
          hasMore,
          reset: false,
        };
      }
    }
    return { changes, bytes: budget - left };
  }
}

function thatFit(messages: readonly Message[], budget: number): { messages: Message[]; bytes: number } {
  const fitting: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = bytesOf(message) + 1;
    if (bytes + size > budget) break;
    fitting.push(message);
    bytes += size;
  }
  return { messages: fitting, bytes };
}

/** Bytes of the JSON that travels. */
export function bytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value), 'utf8');
}
