import type { ErrorObject } from '@parley/protocol';

/** A message that the server has not confirmed yet. Its id is made once and never changes. */
export interface OutboxEntry {
  readonly clientMessageId: string;
  readonly conversationId: string;
  readonly text: string;
  readonly replyToId: string | null;
  readonly threadRootId: string | null;
  /** A label; `order` orders. */
  readonly createdAt: string;
  /** Rises with each message that this device queues. */
  readonly order: number;
  /** `sent`: acknowledged, and only until it arrives in the conversation itself. */
  readonly state: 'pending' | 'sending' | 'sent' | 'failed';
  readonly error: ErrorObject | null;
}

/** Where a queue outlives the program. It belongs to one user: another one's entries are never read. */
export interface OutboxStorage {
  load: (userId: string) => Promise<OutboxEntry[]>;
  /** Resolves when the entry is safe. */
  put: (userId: string, entry: OutboxEntry) => Promise<void>;
  remove: (userId: string, clientMessageId: string) => Promise<void>;
}

/** Outlives a reconnect, not the program. */
export class MemoryOutboxStorage implements OutboxStorage {
  private readonly users = new Map<string, Map<string, OutboxEntry>>();

  load(userId: string): Promise<OutboxEntry[]> {
    return Promise.resolve([...this.of(userId).values()]);
  }
  put(userId: string, entry: OutboxEntry): Promise<void> {
    this.of(userId).set(entry.clientMessageId, entry);
    return Promise.resolve();
  }
  remove(userId: string, clientMessageId: string): Promise<void> {
    this.of(userId).delete(clientMessageId);
    return Promise.resolve();
  }

  private of(userId: string): Map<string, OutboxEntry> {
    const entries = this.users.get(userId) ?? new Map<string, OutboxEntry>();
    this.users.set(userId, entries);
    return entries;
  }
}
