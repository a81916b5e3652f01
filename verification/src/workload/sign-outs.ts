import { Device } from '../driver/device.js';
import { sleep } from '../driver/outcome.js';
import type { Random } from '../random.js';
import type { Recorder } from '../recording/recorder.js';
import { readHistory, record } from './act.js';
import type { Person } from './people.js';
import { signIn } from './people.js';

interface Setting {
  url: string;
  recorder: Recorder;
  random: Random;
  /** Read after the sign-out, to see that it is refused. */
  conversation: string;
  stopped: () => boolean;
}

/** For how long the signed-out device is watched: longer than the promise allows it to hear anything. */
const WATCHED_MS = 12_000;
const ATTEMPTS = 60;

/**
 * Somebody signs in on one more device, uses it for a while, and the session is ended: by the device itself, or from
 * another one. The device is left alone afterwards, so that the recording shows what it still gets.
 */
export async function signOutOnce(person: Person, name: string, setting: Setting): Promise<void> {
  const { url, recorder, random, conversation, stopped } = setting;
  const session = await signIn(url, person).catch(() => null);
  // No fault of the product where it is down; no-empty-run counts those that worked.
  if (session === null || stopped()) return;
  const device = new Device({ name, session, recorder, random: random.fork(), url });
  try {
    if (!(await device.start())) return;
    await whileRunning(random.between(1_000, 4_000), stopped);
    if (stopped() || device.stopped) return;
    const own = random.chance(0.5);
    const id = own ? '' : await sessionIdOf(device);
    if (id === null) return;
    for (let attempt = 0; attempt < ATTEMPTS && !stopped(); attempt += 1) {
      const outcome = await record(recorder, {
        action: 'logout',
        user: person.id,
        device: null,
        via: 'rest',
        conversation: '',
        subjects: [name],
        attempt,
        run: () =>
          own ? session.call('POST', '/auth/logout') : person.session.call('DELETE', `/auth/sessions/${id}`),
      });
      if (outcome.kind !== 'unknown') break;
      await sleep(Math.max(outcome.retryAfterMs, random.between(100, 600)));
    }
    await readHistory(device, recorder, conversation);
    await whileRunning(WATCHED_MS, () => stopped() || device.stopped);
  } finally {
    device.stop();
  }
}

async function sessionIdOf({ session }: Device): Promise<string | null> {
  const outcome = await session.settle<{ items: { id: string; current: boolean }[] }>(
    'GET',
    '/auth/sessions',
  );
  return outcome.kind === 'ok' ? (outcome.data.items.find(({ current }) => current)?.id ?? null) : null;
}

async function whileRunning(ms: number, stopped: () => boolean): Promise<void> {
  const end = Date.now() + ms;
  while (!stopped() && Date.now() < end) await sleep(50);
}
