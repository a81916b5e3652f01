import type { Id, Message } from '@parley/protocol';

/** Whose names a message needs to be shown. */
export function peopleNamedIn({ senderId, system }: Message): Id[] {
  if (system === null) return [senderId];
  if ('userIds' in system) return [senderId, ...system.userIds];
  return 'userId' in system ? [senderId, system.userId] : [senderId];
}
