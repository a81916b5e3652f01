import type { Conversation, MessagePage } from '@parley/protocol';
import { sleep } from '../driver/outcome.js';
import { framesSince, isAt, post, shows, startGroup } from './talk.js';
import type { Story } from './story.js';
import { expect, until, value } from './story.js';

/** G9 and G5, with what the checker itself needs. */
const FELT_WITHIN_MS = 5_500;
const REPAIRED_WITHIN_MS = 11_000;

export const membershipWithoutRedis: Story = {
  name: 'membership-without-redis',
  sentence:
    'With Redis down, who is added gets in, who is removed gets out within 5 s, and messages cross instances within 10 s.',
  run: async (stage) => {
    const { instances, redis } = stage.cluster;
    const [owner, removed, added] = [await stage.person(), await stage.person(), await stage.person()];
    const group = await startGroup(owner, [removed], 'without Redis');
    const there = await stage.device(owner, { socketUrl: instances[0]?.url ?? '' });
    const leaver = await stage.device(removed, { socketUrl: instances[1]?.url ?? '' });
    const newcomer = await stage.device(added, { socketUrl: instances[2]?.url ?? '' });
    await until(() => shows(leaver, group.id).seqs.length > 0, 5_000, 'the member does not see the group');
    redis.pause();
    try {
      // Each step on an instance where the person concerned is not: nothing but PostgreSQL can tell the others.
      const here = { to: instances[0]?.url ?? '' };
      const removal = `/conversations/${group.id}/members/${removed.id}`;
      value(await owner.session.call('DELETE', removal, undefined, here), 'removing');
      const removedAt = stage.recorder.now();
      const refused = await removed.session.call('GET', `/conversations/${group.id}/messages`);
      expect(
        refused.kind === 'refused' && refused.code === 'NOT_FOUND',
        'the removed person could read the history',
      );
      const addition = { userIds: [added.id] };
      value(await owner.session.call('POST', `/conversations/${group.id}/members`, addition, here), 'adding');
      const goneMs = await until(
        () => !leaver.rooms.has(group.id),
        FELT_WITHIN_MS,
        'the removed person still sees the group',
      );
      const inMs = await until(
        () => newcomer.rooms.has(group.id),
        REPAIRED_WITHIN_MS,
        'the added person does not see the group',
      );
      const message = await post(owner, group.id, 'still here');
      const crossedMs = await until(
        () => isAt(newcomer, group.id, message.seq),
        REPAIRED_WITHIN_MS,
        'the message did not cross the instances',
      );
      expect(
        isAt(there, group.id, message.seq) ||
          (await until(
            () => isAt(there, group.id, message.seq),
            REPAIRED_WITHIN_MS,
            'the sender does not see it',
          )) >= 0,
        '',
      );
      await sleep(1_000);
      expect(
        framesSince(stage, leaver, group.id, removedAt + 5_000) === 0,
        'frames reached the removed person 5 s after the removal',
      );
      return { goneMs, inMs, crossedMs };
    } finally {
      redis.resume();
    }
  },
};

export const addedAgain: Story = {
  name: 'added-again',
  sentence:
    'A former member who is added again reads everything, also what was written while away, and is live at once.',
  run: async (stage) => {
    const [owner, member] = [await stage.person(), await stage.person()];
    const group = await startGroup(owner, [member], 'added again');
    const device = await stage.device(member);
    await stage.device(owner);
    for (let turn = 0; turn < 5; turn += 1) {
      await post(owner, group.id, `before ${String(turn)}`);
      value(
        await owner.session.settle('DELETE', `/conversations/${group.id}/members/${member.id}`),
        'removing',
      );
      for (let index = 0; index < 3; index += 1)
        await post(owner, group.id, `away ${String(turn)}.${String(index)}`);
      value(
        await owner.session.settle('POST', `/conversations/${group.id}/members`, { userIds: [member.id] }),
        'adding again',
      );
      const after = await post(owner, group.id, `after ${String(turn)}`);
      await until(
        () => isAt(device, group.id, after.seq),
        REPAIRED_WITHIN_MS,
        `the member is not live after being added for the ${String(turn + 2)}. time`,
      );
      const { seqs } = shows(device, group.id);
      expect(seqs.length === after.seq, `${String(after.seq - seqs.length)} messages are missing`);
    }
    const shown = value(
      await member.session.call<Conversation>('GET', `/conversations/${group.id}`),
      'reading the conversation',
    );
    return { turns: 5, messages: shown.lastSeq };
  },
};

export const aStrangerAsks: Story = {
  name: 'a-stranger-asks',
  sentence:
    'A stranger who names a conversation in sync, in commands and over REST gets nothing of it, also while PostgreSQL fails.',
  run: async (stage) => {
    const [owner, member, stranger] = [await stage.person(), await stage.person(), await stage.person()];
    const group = await startGroup(owner, [member], 'not for strangers');
    const device = await stage.device(stranger, { socketUrl: stage.cluster.instances[0]?.url ?? '' });
    let asked = 0;
    const ask = async (): Promise<void> => {
      asked += 1;
      await device.command('sync', { conversations: { [group.id]: 0 } }, 3_000);
    };
    // Healthy, with messages written meanwhile; then with a database that stops between two statements.
    await Promise.all([
      ...Array.from({ length: 30 }, ask),
      ...Array.from({ length: 15 }, () => post(owner, group.id, 'healthy')),
    ]);
    for (let turn = 0; turn < 3; turn += 1) {
      const asking = Promise.all(Array.from({ length: 10 }, ask));
      await sleep(5 * turn);
      stage.setting.edges[0]?.postgres.resetOnce();
      await asking;
    }
    for (let index = 0; index < 5; index += 1) await post(owner, group.id, 'afterwards');
    await device.command('typing:start', { conversationId: group.id });
    await device.command('conversation:read', { conversationId: group.id, seq: 1 });
    await sleep(1_000);
    const frames = framesSince(stage, device, group.id, 0);
    expect(frames === 0, `${String(frames)} frames of the conversation reached the stranger`);
    for (const path of ['', '/messages', '/changes?since=0', '/members', '/pins']) {
      const outcome = await stranger.session.settle<MessagePage>('GET', `/conversations/${group.id}${path}`);
      expect(
        outcome.kind === 'refused' && outcome.code === 'NOT_FOUND',
        `GET ${path === '' ? 'conversation' : path} answered a stranger`,
      );
    }
    return { asked };
  },
};

export const sessionEnded: Story = {
  name: 'session-ended-without-redis',
  sentence:
    'With Redis down, a session that is ended elsewhere is refused over REST at once and its socket is closed within 5 s.',
  run: async (stage) => {
    const { instances, redis } = stage.cluster;
    const person = await stage.person();
    const here = await stage.device(person, { socketUrl: instances[0]?.url ?? '' });
    const there = await stage.device(person, { socketUrl: instances[1]?.url ?? '' });
    redis.pause();
    try {
      value(await here.session.settle('DELETE', '/auth/sessions'), 'ending the other sessions');
      const refused = await there.session.call('GET', '/users/me');
      expect(refused.kind === 'refused', 'the ended session still reads over REST');
      const closedMs = await until(
        () => there.stopped || !there.live,
        FELT_WITHIN_MS,
        'the socket of the ended session stays open',
      );
      expect(here.live && !here.stopped, 'the session that asked was ended too');
      return { closedMs };
    } finally {
      redis.resume();
    }
  },
};

export const directRaced: Story = {
  name: 'direct-raced',
  sentence:
    'A direct conversation that both people start at once, on different instances, is one conversation.',
  run: async (stage) => {
    const urls = stage.cluster.instances.map(({ url }) => url);
    const pairs = stage.setting.short ? 6 : 20;
    for (let pair = 0; pair < pairs; pair += 1) {
      const [left, right] = [await stage.person(), await stage.person()];
      const start = async (from: typeof left, to: typeof left, at: number): Promise<string> => {
        const body = { kind: 'direct', memberIds: [to.id] };
        return value(
          await from.session.call<Conversation>('POST', '/conversations', body, {
            to: urls[at % urls.length] ?? '',
          }),
          'starting a direct',
        ).id;
      };
      const ids = new Set(
        await Promise.all([
          start(left, right, 0),
          start(right, left, 1),
          start(left, right, 2),
          start(right, left, 0),
        ]),
      );
      expect(ids.size === 1, `${String(ids.size)} conversations for one pair`);
    }
    return { pairs };
  },
};
