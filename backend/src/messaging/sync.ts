import type { Conversation, SyncAnswer, SyncInput, SyncedChanges } from '@parley/protocol';
import { SYNC_ANSWER_BYTES_MAX } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { ConversationStore } from '../conversations/conversation.store.js';
import { Database } from '../infra/database/database.js';
import { Metrics } from '../infra/metrics/metrics.js';
import { LocalSockets } from '../realtime/local-sockets.js';
import type { HeldPosition } from './sync-changes.js';
import { SyncChanges, bytesOf } from './sync-changes.js';
import type { SyncPosition } from './sync-cursor.js';
import { FROM_NOTHING, decodeSyncCursor, encodeSyncCursor } from './sync-cursor.js';
import type { MovedConversation } from './sync.store.js';
import { SyncStore } from './sync.store.js';

/** Conversations read at once; the bytes of an answer usually end a page sooner. */
const PAGE_MAX = 150;
/** The parts of an answer that are always there: epoch, cursor and the names of its fields. */
const FRAME_BYTES = 1_024;
/** An entry of `changes` that only says where it stands, with its id. */
const ENTRY_BYTES = 110;
/** An id in `removed`. */
const REMOVED_BYTES = 40;
/** Conversations may take this much of an answer, so that changes get their share from the first page on. */
const CONVERSATION_BYTES_MAX = 128 * 1_024;

/** Whose sync it is; over the socket it also joins the socket to its rooms. */
export interface Syncing {
  readonly userId: string;
  readonly socketId?: string;
}

/** All that changed for a person since a cursor, and the changes of the conversations that the client holds. */
@Injectable()
export class Sync {
  constructor(
    private readonly store: SyncStore,
    private readonly conversations: ConversationStore,
    private readonly changes: SyncChanges,
    private readonly sockets: LocalSockets,
    private readonly database: Database,
    private readonly metrics: Metrics,
  ) {}

  async execute(client: Syncing, input: SyncInput): Promise<SyncAnswer> {
    const epoch = await this.database.epoch();
    // Positions of another epoch mean nothing: everything is told, and every window held is to be loaded anew.
    const namesOther = typeof input.epoch === 'string' && input.epoch !== epoch;
    const known = input.cursor && !namesOther ? decodeSyncCursor(epoch, input.cursor) : FROM_NOTHING;
    const isForeign = namesOther || known === null;
    const from = known ?? FROM_NOTHING;
    const held = Object.entries(input.conversations).map(([id, rev]) => ({ id, rev }));

    const page = await this.store.moved(
      client.userId,
      from.since,
      from.paging?.afterId ?? null,
      PAGE_MAX + 1,
    );
    const moved = page.moved.slice(0, PAGE_MAX);
    const heldIds = held.map(({ id }) => id);
    // Joined before any head is read: what is written after the reading is then delivered live.
    await this.join(client, [
      ...moved.filter(({ isMember }) => isMember).map(({ id }) => id),
      ...(await this.heldWithoutRoom(client, heldIds)),
    ]);

    const heads = await this.store.heads(client.userId, heldIds);
    const reserved = FRAME_BYTES + held.length * ENTRY_BYTES;
    const told = await this.tell(client.userId, moved, SYNC_ANSWER_BYTES_MAX - reserved);
    const hasMore = told.count < page.moved.length;
    const gone = held.filter(({ id }) => !heads.has(id)).map(({ id }) => id);
    const removed = [...new Set([...told.removed, ...gone])];
    this.leave(client, removed);

    const budget = SYNC_ANSWER_BYTES_MAX - reserved - told.bytes - gone.length * REMOVED_BYTES;
    const positions = held.filter(({ id }) => heads.has(id));
    const { changes, bytes } = isForeign
      ? { changes: resetTo(heads, positions), bytes: 0 }
      : await this.changes.read(client.userId, positions, heads, budget);

    const next = from.paging?.next ?? page.horizon;
    const last = moved[told.count - 1];
    const position: SyncPosition =
      hasMore && last
        ? { since: from.since, paging: { next, afterId: last.id } }
        : { since: next, paging: null };
    this.measure(told.conversations.length, reserved + told.bytes + bytes, Object.values(changes));
    return {
      epoch,
      cursor: encodeSyncCursor(epoch, position),
      hasMore,
      conversations: told.conversations,
      changes,
      removed,
    };
  }

  private measure(conversations: number, bytes: number, changes: readonly SyncedChanges[]): void {
    const { syncBytes, syncMessages, syncConversations, syncResets } = this.metrics.delivery;
    syncBytes.observe(bytes);
    syncConversations.observe(conversations);
    syncMessages.observe(changes.reduce((sum, { messages }) => sum + messages.length, 0));
    syncResets.inc(changes.filter(({ reset }) => reset).length);
  }

  /** As many of what moved as fit, at least one: its count, the conversations, and those that went. */
  private async tell(
    userId: string,
    moved: readonly MovedConversation[],
    budget: number,
  ): Promise<{ count: number; conversations: Conversation[]; removed: string[]; bytes: number }> {
    const views = await this.conversations.read(
      userId,
      moved.filter(({ isMember }) => isMember).map(({ id }) => id),
    );
    const byId = new Map(views.map((view) => [view.id, view]));
    const limit = Math.min(budget, CONVERSATION_BYTES_MAX);
    const conversations: Conversation[] = [];
    const removed: string[] = [];
    let bytes = 0;
    let count = 0;
    for (const { id } of moved) {
      // Whoever left between the two readings is told so.
      const view = byId.get(id);
      const size = view ? bytesOf(view) + 1 : REMOVED_BYTES;
      if (count > 0 && bytes + size > limit) break;
      if (view) conversations.push(view);
      else removed.push(id);
      bytes += size;
      count += 1;
    }
    return { count, conversations, removed, bytes };
  }

  /**
   * The ids are the client's word: only a member's socket joins a room, not even for the time of the next reading. As a
   * rule it joined them all when it connected, and nothing need be asked.
   */
  private async heldWithoutRoom(
    { userId, socketId }: Syncing,
    heldIds: readonly string[],
  ): Promise<Iterable<string>> {
    if (socketId === undefined || this.sockets.isInRooms(socketId, heldIds)) return [];
    return (await this.store.heads(userId, heldIds)).keys();
  }

  private async join({ socketId }: Syncing, conversationIds: readonly string[]): Promise<void> {
    if (socketId !== undefined) await this.sockets.joinSocket(socketId, conversationIds);
  }

  private leave({ userId, socketId }: Syncing, conversationIds: readonly string[]): void {
    if (socketId === undefined) return;
    for (const conversationId of conversationIds) this.sockets.leaveUser(userId, conversationId);
  }
}

function resetTo(
  heads: ReadonlyMap<string, number>,
  positions: readonly HeldPosition[],
): Record<string, SyncedChanges> {
  return Object.fromEntries(
    positions.map(({ id }) => [
      id,
      { messages: [], lastRev: heads.get(id) ?? 0, hasMore: false, reset: true },
    ]),
  );
}
