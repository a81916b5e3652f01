import type { SocketLimits } from '@parley/protocol';
import { ATTACHMENTS_PER_MESSAGE_MAX, RECEIPTS_MAX_MEMBERS, TEXT_MAX } from '@parley/protocol';

/** How often a client repeats `typing:start`; after twice this time without one, a person no longer types. */
export const TYPING_INTERVAL_MS = 3_000;
/** How often an instance compares what it delivered with PostgreSQL: half of the 10 s that G5 allows for a repair. */
export const HEADS_INTERVAL_MS = 4_000;
/** Clients that find the same hole at once spread their repairs over this time. */
export const REPAIR_SPREAD_MS = 2_000;
/** Sessions and memberships are reconciled with PostgreSQL this often; G9 allows 5 s until a socket is closed. */
export const RECONCILE_INTERVAL_MS = 2_000;

export function socketLimits(messagesPerMinute: number): SocketLimits {
  return {
    textLength: TEXT_MAX,
    attachmentsPerMessage: ATTACHMENTS_PER_MESSAGE_MAX,
    messagesPerMinute,
    typingIntervalMs: TYPING_INTERVAL_MS,
    headsIntervalMs: HEADS_INTERVAL_MS,
    repairSpreadMs: REPAIR_SPREAD_MS,
    receiptsMaxMembers: RECEIPTS_MAX_MEMBERS,
  };
}
