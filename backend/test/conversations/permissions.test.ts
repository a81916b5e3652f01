import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Conversation, ErrorCode, Message, RouteName } from '@parley/protocol';
import { routes } from '@parley/protocol';
import type { Person, RequestOptions } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

type Role = 'owner' | 'admin' | 'member' | 'former' | 'stranger';
const ROLES: Role[] = ['owner', 'admin', 'member', 'former', 'stranger'];

interface Scene {
  channel: Conversation;
  message: Message;
  people: Record<Role | 'victim' | 'newcomer', Person>;
}

type Case = [RouteName, (scene: Scene) => RequestOptions, Partial<Record<Role, ErrorCode>>];

const HIDDEN = { former: 'NOT_FOUND', stranger: 'NOT_FOUND' } as const;
const NOT_FOR_MEMBERS = { ...HIDDEN, member: 'FORBIDDEN' } as const;
const FOR_OWNERS = { ...NOT_FOR_MEMBERS, admin: 'FORBIDDEN' } as const;

const ofChannel = ({ channel }: Scene): RequestOptions => ({ params: { id: channel.id } });
const ofMessage = ({ message }: Scene): RequestOptions => ({ params: { id: message.id } });
const ofVictim = ({ channel, people }: Scene): RequestOptions => ({
  params: { id: channel.id, userId: people.victim.user.id },
});

const CASES: Case[] = [
  ['GET /conversations/:id', ofChannel, HIDDEN],
  ['GET /conversations/:id/members', ofChannel, HIDDEN],
  ['GET /conversations/:id/messages', ofChannel, HIDDEN],
  ['GET /conversations/:id/changes', (scene) => ({ ...ofChannel(scene), query: { since: 0 } }), HIDDEN],
  ['GET /conversations/:id/pins', ofChannel, HIDDEN],
  ['GET /messages/:id/thread', ofMessage, HIDDEN],
  ['GET /messages/:id/reactions', (scene) => ({ ...ofMessage(scene), query: { emoji: '👍' } }), HIDDEN],
  ['PUT /conversations/:id/read', (scene) => ({ ...ofChannel(scene), body: { seq: 1 } }), HIDDEN],
  ['PATCH /conversations/:id/me', (scene) => ({ ...ofChannel(scene), body: { muted: true } }), HIDDEN],
  [
    'POST /conversations/:id/messages',
    (scene) => ({ ...ofChannel(scene), body: { clientMessageId: 'c', text: 't' } }),
    HIDDEN,
  ],
  [
    'PUT /messages/:id/reactions/:emoji',
    ({ message }) => ({ params: { id: message.id, emoji: '👍' } }),
    HIDDEN,
  ],
  // Their own only; the message is the victim's, who is a member.
  [
    'PATCH /messages/:id',
    (scene) => ({ ...ofMessage(scene), body: { text: 'other' } }),
    { ...FOR_OWNERS, owner: 'FORBIDDEN' },
  ],
  ['DELETE /messages/:id', ofMessage, NOT_FOR_MEMBERS],
  ['PUT /messages/:id/pin', ofMessage, NOT_FOR_MEMBERS],
  ['PATCH /conversations/:id', (scene) => ({ ...ofChannel(scene), body: { topic: 'new' } }), NOT_FOR_MEMBERS],
  [
    'PATCH /conversations/:id',
    (scene) => ({ ...ofChannel(scene), body: { visibility: 'public' } }),
    FOR_OWNERS,
  ],
  [
    'POST /conversations/:id/members',
    (scene) => ({ ...ofChannel(scene), body: { userIds: [scene.people.newcomer.user.id] } }),
    HIDDEN,
  ],
  ['DELETE /conversations/:id/members/:userId', ofVictim, NOT_FOR_MEMBERS],
  [
    'PATCH /conversations/:id/members/:userId',
    (scene) => ({ ...ofVictim(scene), body: { role: 'admin' } }),
    FOR_OWNERS,
  ],
  ['POST /conversations/:id/join', ofChannel, HIDDEN],
  ['POST /conversations/:id/leave', ofChannel, { ...HIDDEN, owner: 'CONFLICT' }],
  ['DELETE /conversations/:id', ofChannel, FOR_OWNERS],
];

describe('who may do what in a private channel', () => {
  let installation: Installation;
  let scene: Scene;
  let people: Scene['people'];

  beforeAll(async () => {
    installation = await Installation.start();
    const names = [...ROLES, 'victim', 'newcomer'] as const;
    const registered = await installation.people(...names);
    people = Object.fromEntries(names.map((name, index) => [name, registered[index]])) as Scene['people'];
  });
  afterAll(() => installation.stop());

  async function build(): Promise<Scene> {
    const { owner, admin, member, former, victim } = people;
    const channel = await installation.start(owner, [admin, member, former, victim], { kind: 'channel' });
    const api = installation.api();
    await api.call('PATCH /conversations/:id/members/:userId', {
      token: owner.token,
      params: { id: channel.id, userId: admin.user.id },
      body: { role: 'admin' },
    });
    const message = await installation.post(victim, channel.id, 'from the victim');
    await api.call('POST /conversations/:id/leave', { token: former.token, params: { id: channel.id } });
    return { channel, message, people };
  }

  describe.each(CASES)('%s (%#)', (name, options, refusals) => {
    beforeEach(async () => {
      scene = await build();
    });

    it('follows the table', async () => {
      // The least first: what is allowed may change what the next one finds.
      for (const role of [...ROLES].reverse()) {
        const expected = refusals[role];
        const isDestructive = name.startsWith('DELETE') || name.endsWith('/leave');
        if (expected === undefined && isDestructive) scene = await build();
        const { status, body } = await installation
          .api()
          .request(name, { ...options(scene), token: people[role].token });
        if (expected !== undefined) {
          expect(body, role).toMatchObject({ error: { code: expected, retryable: false } });
        } else {
          expect(routes[name].status, `${role}: ${JSON.stringify(body)}`).toContain(status);
        }
      }
    });
  });

  it('keeps a direct conversation as it is: two people, no settings, never left', async () => {
    const { owner, member, newcomer } = people;
    const direct = await installation.start(owner, [member], { kind: 'direct', title: null });
    const attempts: [RouteName, RequestOptions][] = [
      ['POST /conversations/:id/members', { body: { userIds: [newcomer.user.id] } }],
      ['POST /conversations/:id/leave', {}],
      ['DELETE /conversations/:id', {}],
      ['PATCH /conversations/:id', { body: { title: 'Ours' } }],
      ['PATCH /conversations/:id', { body: { topic: 'x' } }],
      ['POST /conversations/:id/join', {}],
      ['PATCH /conversations/:id/members/:userId', { body: { role: 'admin' } }],
      ['DELETE /conversations/:id/members/:userId', {}],
    ];
    for (const [name, options] of attempts) {
      const refusal = await installation.api().refusal(name, {
        ...options,
        token: owner.token,
        params: { id: direct.id, userId: member.user.id },
      });
      expect(refusal, name).toMatchObject({ status: 409, code: 'CONFLICT' });
    }
  });

  it('keeps the last owner until another is named', async () => {
    const { owner, member } = people;
    const channel = await installation.start(owner, [member], { kind: 'channel' });
    const api = installation.api();
    const roleOf = (person: Person, role: string): RequestOptions => ({
      token: owner.token,
      params: { id: channel.id, userId: person.user.id },
      body: { role },
    });
    const name = 'PATCH /conversations/:id/members/:userId' as const;
    expect(await api.refusal(name, roleOf(owner, 'member'))).toMatchObject({ code: 'CONFLICT' });
    expect(await api.call(name, roleOf(member, 'owner'))).toMatchObject({ role: 'owner' });
    await api.call('POST /conversations/:id/leave', { token: owner.token, params: { id: channel.id } });
    expect(
      await api.refusal('GET /conversations/:id', { token: owner.token, params: { id: channel.id } }),
    ).toMatchObject({ code: 'NOT_FOUND' });
  });
});
