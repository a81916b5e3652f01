import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HeadsStore } from '../../src/messaging/heads.store.js';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import { loseFramesOf } from '../_support/lose-frames.js';

describe('a hole that an instance sees in what it delivers', () => {
  let installation: Installation;

  beforeAll(async () => {
    installation = await Installation.start();
  });
  afterAll(() => installation.stop());

  it('is closed by one frame to the room, without a sweep', async () => {
    const [anna, bob, cleo] = (await installation.people('anna', 'bob', 'cleo')) as [Person, Person, Person];
    const { id: conversationId } = await installation.start(anna, [bob, cleo]);
    const readers = [await installation.connect(bob), await installation.connect(cleo)];
    // Nothing is repaired before the first sweep; later ones find nothing here.
    const moved = vi.spyOn(HeadsStore.prototype, 'moved').mockResolvedValue([]);
    await expect.poll(() => moved.mock.calls.length, { timeout: 12_000 }).toBeGreaterThan(1);
    const read = vi.spyOn(HeadsStore.prototype, 'changes');
    loseFramesOf('dropped');
    try {
      const first = await installation.post(anna, conversationId, 'shown');
      for (const text of ['dropped', 'dropped', 'shown as well']) {
        await installation.post(anna, conversationId, text);
      }
      for (const reader of readers) {
        const hole = await reader.next('changes', ({ fromRev }) => fromRev === first.rev);
        expect(hole.toRev).toBe(first.rev + 2);
        expect(hole.messages.map(({ rev, text }) => [rev, text])).toEqual([
          [first.rev + 1, 'dropped'],
          [first.rev + 2, 'dropped'],
        ]);
      }
      // For the whole room, not for each reader.
      expect(read).toHaveBeenCalledTimes(1);
    } finally {
      vi.restoreAllMocks();
    }
  });
});
