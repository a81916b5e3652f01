import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SweepClock } from '../../src/infra/database/sweep-clock.js';
import { HeadsStore } from '../../src/messaging/heads.store.js';
import { HoleWatch } from '../../src/messaging/hole-watch.js';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import { loseFramesOf } from '../_support/lose-frames.js';

/** Longer than the outbox is sure to be kept: every conversation held is checked. */
const PAUSE_MS = 400_000;

describe('the sweep of heads after a long pause', () => {
  let installation: Installation;

  beforeAll(async () => {
    // It would repair the hole that it sees before a sweep comes.
    const watch = vi.spyOn(HoleWatch.prototype, 'onApplicationBootstrap').mockReturnValue();
    installation = await Installation.start();
    watch.mockRestore();
  });
  afterAll(() => installation.stop());

  it('delivers the holes of every conversation held, also those below what was delivered', async () => {
    const [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
    const { id: conversationId } = await installation.start(anna, [bob]);
    const bobs = await installation.connect(bob);
    loseFramesOf('dropped');
    const start = Object.getOwnPropertyDescriptor(SweepClock.prototype, 'start')
      ?.value as SweepClock['start'];
    // Every sweep is taken to be the first after a long pause.
    vi.spyOn(SweepClock.prototype, 'start').mockImplementation(async function (this: SweepClock) {
      const { now } = await start.call(this);
      return { now, settledTo: new Date(now.getTime() - PAUSE_MS) };
    });
    const checked = vi.spyOn(HeadsStore.prototype, 'heads');
    const moved = vi.spyOn(HeadsStore.prototype, 'moved');
    try {
      await expect.poll(() => checked.mock.calls.length, { timeout: 12_000 }).toBeGreaterThan(0);
      moved.mockClear();
      for (const text of ['shown', 'dropped', 'shown as well', 'dropped']) {
        await installation.post(anna, conversationId, text);
      }
      await bobs.next('changes', ({ toRev }) => toRev === 4);
      // Both holes in one frame, with what lies between them.
      const hole = await bobs.next('changes', ({ fromRev }) => fromRev === 2);
      expect(hole.toRev).toBe(5);
      expect(hole.messages.map(({ rev, text }) => [rev, text])).toEqual([
        [3, 'dropped'],
        [4, 'shown as well'],
        [5, 'dropped'],
      ]);
      expect(moved).not.toHaveBeenCalled();
    } finally {
      vi.restoreAllMocks();
    }
  });
});
