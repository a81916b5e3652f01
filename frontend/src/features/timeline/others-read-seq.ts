import type { Id, Member, Message, Receipt } from '@parley/protocol';

/**
 * The highest seq that somebody else has read: by the members as they were loaded, by the receipts since, and by what
 * others wrote, as sending moves one's own pointer and needs no receipt.
 */
export function othersReadSeq(
  meId: Id,
  members: readonly Member[],
  receipts: ReadonlyMap<Id, Receipt>,
  messages: readonly Message[],
): number {
  const lastOfOthers = messages.findLast(({ senderId, kind }) => senderId !== meId && kind === 'text');
  return Math.max(
    lastOfOthers?.seq ?? 0,
    ...members.filter(({ user }) => user.id !== meId).map(({ readSeq }) => readSeq),
    ...[...receipts.values()].filter(({ userId }) => userId !== meId).map(({ readSeq }) => readSeq),
  );
}
