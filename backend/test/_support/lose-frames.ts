import { vi } from 'vitest';
import { Publisher } from '../../src/realtime/publisher.js';

/** Messages with this text are stored and told to nobody, as if the bus had lost them, until `vi.restoreAllMocks()`. */
export function loseFramesOf(lostText: string): void {
  const publish = Object.getOwnPropertyDescriptor(Publisher.prototype, 'changes')
    ?.value as Publisher['changes'];
  vi.spyOn(Publisher.prototype, 'changes').mockImplementation(function (
    this: Publisher,
    membersRev,
    changes,
    ...rest
  ) {
    if (!changes.messages.some(({ text }) => text === lostText)) {
      publish.call(this, membersRev, changes, ...rest);
    }
  });
}
