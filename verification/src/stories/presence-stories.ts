import type { Presence } from '@parley/protocol';
import { sleep } from '../driver/outcome.js';
import { startGroup } from './talk.js';
import type { Story } from './story.js';
import { expect, until, value } from './story.js';

/** G8. */
const AGREES_WITHIN_MS = 30_000;

export const presenceAfterDeath: Story = {
  name: 'presence-after-death',
  sentence:
    'When an instance is killed, who was connected there alone is offline for all within 30 s; who has another device stays online.',
  run: async (stage) => {
    const [second, , first] = stage.cluster.instances;
    expect(first !== undefined && second !== undefined, 'three instances are needed');
    const [watcher, alone, twice] = [await stage.person(), await stage.person(), await stage.person()];
    await startGroup(watcher, [alone, twice], 'presence');
    await stage.device(watcher, { socketUrl: second.url });
    const dying = await stage.device(alone, { socketUrl: first.url });
    const half = await stage.device(twice, { socketUrl: first.url });
    await stage.device(twice, { socketUrl: second.url });
    const statusOf = async (id: string): Promise<string> =>
      value(
        await watcher.session.settle<{ items: Presence[] }>(
          'GET',
          `/users/presence?ids=${alone.id},${twice.id}`,
        ),
        'reading presence',
      ).items.find(({ userId }) => userId === id)?.status ?? 'unknown';
    await until(
      async () => (await statusOf(alone.id)) === 'online' && (await statusOf(twice.id)) === 'online',
      10_000,
      'they are not shown online',
    );
    await first.kill();
    // Their devices do not come back: what is left of them is what the dead instance left behind.
    dying.stop();
    half.stop();
    let wronglyOffline = 0;
    const offlineMs = await until(
      async () => {
        if ((await statusOf(twice.id)) !== 'online') wronglyOffline += 1;
        await sleep(200);
        return (await statusOf(alone.id)) === 'offline';
      },
      AGREES_WITHIN_MS,
      'somebody is shown online whose instance is dead',
    );
    expect(wronglyOffline === 0, 'somebody with a living device was shown offline');
    await first.start();
    return { offlineMs };
  },
};
