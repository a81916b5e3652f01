import { readFileSync } from 'node:fs';
import type { Message } from '@parley/protocol';
import { sleep } from '../driver/outcome.js';
import type { Person } from '../workload/people.js';
import type { ManagedProcess } from '../run/cluster.js';
import { FULL_CHECK_AFTER_S } from '../run/environment.js';
import type { Story } from './story.js';
import { expect, until, value } from './story.js';
import { isAt, post, shows, startGroup } from './talk.js';

const REPAIRED_WITHIN_MS = 11_000;
/** Longer than a socket lives without an answer (20 s), and than the window after which an instance checks all it holds. */
const FROZEN_MS = 75_000;
const FROZEN_SHORT_MS = 24_000;
/** Longer than that window, with what a sweep needs to notice (4 s); sockets are answered all the while, and live on. */
const CUT_OFF_MS = (FULL_CHECK_AFTER_S + 5) * 1_000;

export const longPause: Story = {
  name: 'long-pause',
  sentence:
    'An instance is frozen for longer than every window; its people are served elsewhere, and nothing is missed after it wakes.',
  run: async (stage) => {
    const frozen = stage.cluster.instances[1];
    const other = stage.cluster.instances[0];
    expect(frozen !== undefined && other !== undefined, 'two instances are needed');
    const pauseMs = stage.setting.short ? FROZEN_SHORT_MS : FROZEN_MS;
    const [owner, member] = [await stage.person(), await stage.person()];
    const group = await startGroup(owner, [member], 'long pause');
    const stuck = await stage.device(member, { socketUrl: frozen.url });
    const elsewhere = await stage.device(member, { socketUrl: other.url });
    await until(
      () => shows(stuck, group.id).rev > 0 && shows(elsewhere, group.id).rev > 0,
      5_000,
      'the group is not shown',
    );
    frozen.pause();
    const last = await talkFor(pauseMs, owner, group.id, other);
    expect(isAt(elsewhere, group.id, last), 'a device on another instance missed messages');
    frozen.resume();
    const caughtUpMs = await until(
      () => isAt(stuck, group.id, last),
      20_000,
      'the device of the frozen instance did not catch up',
    );
    const after = await post(owner, group.id, 'good morning');
    await until(() => isAt(stuck, group.id, after.seq), REPAIRED_WITHIN_MS, 'it is not live again');
    expect(isUnbroken(shows(stuck, group.id).seqs), 'it shows a hole');
    return { pausedMs: pauseMs, messages: last, caughtUpMs };
  },
};

export const cutOffForLong: Story = {
  name: 'cut-off-for-long',
  sentence:
    'An instance reaches neither PostgreSQL nor Redis for longer than every window: the sockets that it keeps get all that they missed, and sessions that were ended meanwhile lose theirs.',
  run: async (stage) => {
    const lonely = stage.cluster.instances[1];
    const other = stage.cluster.instances[0];
    const edge = stage.setting.edges[1];
    expect(lonely !== undefined && other !== undefined && edge !== undefined, 'two instances are needed');
    const [owner, member] = [await stage.person(), await stage.person()];
    const group = await startGroup(owner, [member], 'cut off');
    const here = await stage.device(member, { socketUrl: lonely.url });
    const guest = await stage.device(member, { socketUrl: lonely.url });
    await until(
      () => shows(here, group.id).rev > 0 && shows(guest, group.id).rev > 0,
      5_000,
      'the group is not shown',
    );
    const { connection } = here;
    const before = fullChecks(lonely);
    for (const tunnel of [edge.postgres, edge.redis]) tunnel.reset();
    value(await here.session.settle('DELETE', '/auth/sessions'), 'ending the other session');
    const last = await talkFor(CUT_OFF_MS, owner, group.id, other);
    expect(
      here.live && here.connection === connection,
      'the socket was lost with the database of its instance',
    );
    for (const tunnel of [edge.postgres, edge.redis]) tunnel.heal();
    const [repairedMs, endedMs] = await Promise.all([
      until(() => isAt(here, group.id, last), REPAIRED_WITHIN_MS, 'what was missed did not come'),
      until(() => guest.stopped || !guest.live, REPAIRED_WITHIN_MS, 'the ended session kept its socket'),
    ]);
    expect(here.connection === connection, 'it came only by a new connection');
    expect(isUnbroken(shows(here, group.id).seqs), 'it shows a hole');
    const checks = fullChecks(lonely) - before;
    expect(checks > 0, 'the window was not passed: the instance checked only what had moved');
    return { cutOffMs: CUT_OFF_MS, messages: last, repairedMs, endedMs, checksOfEverything: checks };
  },
};

/** A message a second, straight to one instance; resolves with the number of the last one. */
async function talkFor(
  ms: number,
  owner: Person,
  conversation: string,
  { url }: ManagedProcess,
): Promise<number> {
  let last = 0;
  const end = Date.now() + ms;
  while (Date.now() < end) {
    const body = {
      clientMessageId: `pause-${String(last)}-${String(Date.now())}`,
      text: 'while you were away',
    };
    const path = `/conversations/${conversation}/messages`;
    const sent = await owner.session.call<Message>('POST', path, body, { to: url });
    last = value(sent, 'sending past the instance that is away').seq;
    await sleep(1_000);
  }
  return last;
}

function isUnbroken(seqs: number[]): boolean {
  return seqs.every((seq, index) => index === 0 || seq === (seqs[index - 1] ?? 0) + 1);
}

/** How often an instance said that it checks all that it holds, and not only what moved. */
function fullChecks({ logFile }: ManagedProcess): number {
  return readFileSync(logFile, 'utf8').split('checks everything after a long pause').length - 1;
}
