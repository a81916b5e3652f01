import type { RouteName } from '@parley/protocol';
import { commands, routes } from '@parley/protocol';
import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Person, RequestOptions } from '../_support/api.js';
import { Connection as Socket } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import { renderPermissions } from './render-permissions.js';
import type { CommandRule, Kind, Outcome, Role, RouteRule, Subject } from './rules.js';
import {
  COMMAND_RULES,
  KINDS,
  ADMIN_ROUTES,
  OPEN_ROUTES,
  OWN_COMMANDS,
  OWN_ROUTES,
  ROLES,
  ROUTE_RULES,
  expected,
} from './rules.js';

const PAGE = fileURLToPath(new URL('../../../docs/permissions.md', import.meta.url));
const TOKEN_SECRET = 'the-secret-of-the-permission-tests-is-long';
const NOWHERE = '01890000-0000-7000-8000-000000000000';
const NO_SUBJECT: Subject = {
  conversationId: NOWHERE,
  messageId: NOWHERE,
  targetId: NOWHERE,
  newcomerId: NOWHERE,
};

const ruled = [...ROUTE_RULES.map(({ route }) => route), ...OWN_ROUTES, ...ADMIN_ROUTES, ...OPEN_ROUTES];
const planned = (Object.keys(routes) as RouteName[]).filter((name) => 'planned' in routes[name]);

describe('the table of permissions', () => {
  it('has a rule for every route and every command, and for nothing else', () => {
    expect(new Set([...ruled, ...planned])).toEqual(new Set(Object.keys(routes)));
    expect(new Set([...COMMAND_RULES.map(({ command }) => command), ...OWN_COMMANDS])).toEqual(
      new Set(Object.keys(commands)),
    );
  });

  it('agrees with the contract about what is open', () => {
    for (const name of [...ruled, ...planned]) {
      expect(routes[name].access === 'open', name).toBe(OPEN_ROUTES.includes(name));
      expect(routes[name].access === 'admin', name).toBe(ADMIN_ROUTES.includes(name));
    }
  });

  it('is the one that docs/permissions.md shows', async () => {
    await expect(renderPermissions()).toMatchFileSnapshot(PAGE);
  });
});

describe('who may do what', () => {
  let installation: Installation;
  let people: Record<Role | 'target' | 'newcomer', Person>;
  let sockets: Record<Role, Connection>;

  beforeAll(async () => {
    installation = await Installation.start([{ environment: { ACCESS_TOKEN_SECRET: TOKEN_SECRET } }]);
    // Whoever registers first is the admin of the installation; those below do it at the same time.
    await installation.people('installer');
    const names = [...ROLES, 'target', 'newcomer'] as const;
    const registered = await installation.people(...names.map((name) => name.replace(' ', '-')));
    people = Object.fromEntries(names.map((name, index) => [name, registered[index]])) as typeof people;
    const connected = await Promise.all(ROLES.map((role) => installation.connect(people[role])));
    sockets = Object.fromEntries(ROLES.map((role, index) => [role, connected[index]])) as typeof sockets;
  });
  afterAll(() => installation.stop());

  /** A direct has two plain members: the member and the target. */
  const rolesIn = (kind: Kind): readonly Role[] => (kind === 'direct' ? ['member', 'stranger'] : ROLES);

  async function build(kind: Kind): Promise<Subject> {
    const { owner, admin, member, target, newcomer } = people;
    const former = people['former member'];
    const api = installation.api();
    const isDirect = kind === 'direct';
    const { id } = isDirect
      ? await installation.start(member, [target], { kind: 'direct', title: null })
      : await installation.start(owner, [admin, member, former, target], {
          kind: kind === 'group' ? 'group' : 'channel',
          ...(kind === 'public channel' ? { visibility: 'public' as const } : {}),
        });
    const message = await installation.post(target, id, 'from the target');
    if (!isDirect) {
      await api.call('PATCH /conversations/:id/members/:userId', {
        token: owner.token,
        params: { id, userId: admin.user.id },
        body: { role: 'admin' },
      });
      await api.call('POST /conversations/:id/leave', { token: former.token, params: { id } });
    }
    return {
      conversationId: id,
      messageId: message.id,
      targetId: target.user.id,
      newcomerId: newcomer.user.id,
    };
  }

  /** Everything that an act on the conversation could have moved. */
  const stateOf = ({ conversationId }: Subject): Promise<unknown[]> =>
    installation.database.query(
      `SELECT c.last_seq, c.last_rev, c.title, c.topic, c.visibility, c.deleted_at, c.member_count,
              (SELECT json_agg(json_build_array(m.user_id, m.role, m.left_rev, m.read_seq, m.delivered_seq, m.muted) ORDER BY m.user_id)
                 FROM members m WHERE m.conversation_id = c.id) AS members,
              (SELECT json_agg(json_build_array(x.rev, x.text, x.pinned_at, x.deleted_at) ORDER BY x.seq)
                 FROM messages x WHERE x.conversation_id = c.id) AS messages
         FROM conversations c WHERE c.id = $1`,
      [conversationId],
    );

  /** Tries an act as each role, the least first; what is refused must have changed nothing. */
  async function tryAs(
    kind: Kind,
    rule: RouteRule | CommandRule,
    attempt: (role: Role, subject: Subject) => Promise<Outcome>,
  ): Promise<void> {
    let subject = await build(kind);
    for (const role of [...rolesIn(kind)].reverse()) {
      const before = await stateOf(subject);
      const outcome = await attempt(role, subject);
      expect(`${role}: ${outcome}`).toBe(`${role}: ${expected(rule, kind, role)}`);
      if (outcome !== 'ok') expect(await stateOf(subject), role).toEqual(before);
      else if (rule.isLasting) subject = await build(kind);
    }
  }

  describe.each(KINDS)('in a %s', (kind) => {
    it.each(ROUTE_RULES.map((rule) => [`${rule.act} (${rule.route})`, rule] as const))(
      '%s',
      async (_, rule) => {
        await tryAs(kind, rule, async (role, subject) => {
          const { status, body } = await installation
            .api()
            .request(rule.route, { ...rule.request(subject), token: people[role].token });
          if (status < 400) expect(routes[rule.route].status).toContain(status);
          return status < 400 ? 'ok' : body.error.code;
        });
      },
    );

    it.each(COMMAND_RULES.map((rule) => [`${rule.act} (${rule.command})`, rule] as const))(
      '%s',
      async (_, rule) => {
        await tryAs(kind, rule, async (role, subject) => {
          const ack = await sockets[role].sendRaw(rule.command, rule.input(subject));
          return ack.ok ? 'ok' : ack.error.code;
        });
      },
    );
  });

  describe('without a session', () => {
    /** The token as it would be a minute after its end, signed as the server signs. */
    const expired = ({ token }: Person): string => {
      const [head = '', body = ''] = token.split('.');
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
      const now = Math.floor(Date.now() / 1_000);
      const old = Buffer.from(JSON.stringify({ ...claims, iat: now - 960, exp: now - 60 })).toString(
        'base64url',
      );
      const signature = createHmac('sha256', TOKEN_SECRET).update(`${head}.${old}`).digest('base64url');
      return `${head}.${old}.${signature}`;
    };
    const closed = (Object.keys(routes) as RouteName[]).filter(
      (name) => !OPEN_ROUTES.includes(name) && !planned.includes(name),
    );
    const requestOf = (name: RouteName): RequestOptions =>
      ROUTE_RULES.find(({ route }) => route === name)?.request(NO_SUBJECT) ?? { params: { id: NOWHERE } };

    it.each(closed)('%s is closed', async (name) => {
      const api = installation.api();
      expect(await api.refusal(name, requestOf(name))).toMatchObject({
        status: 401,
        code: 'UNAUTHENTICATED',
      });
      expect(await api.refusal(name, { ...requestOf(name), token: `${people.owner.token}x` })).toMatchObject({
        status: 401,
        code: 'UNAUTHENTICATED',
      });
      expect(await api.refusal(name, { ...requestOf(name), token: expired(people.owner) })).toMatchObject({
        status: 401,
        code: 'TOKEN_EXPIRED',
      });
    });

    it.each([
      ['no token', () => ({ protocol: 1 }), 'UNAUTHENTICATED'],
      ['an expired token', () => ({ protocol: 1, token: expired(people.owner) }), 'TOKEN_EXPIRED'],
      ['an invented token', () => ({ protocol: 1, token: `${people.owner.token}x` }), 'UNAUTHENTICATED'],
    ] as const)('a socket with %s is not let in', async (_, auth, code) => {
      await expect(Socket.open(installation.api().baseUrl, auth())).rejects.toMatchObject({
        cause: { code },
      });
    });

    it.each(ADMIN_ROUTES)('%s is for an admin of the installation alone', async (name) => {
      const api = installation.api();
      expect(await api.refusal(name, { token: people.member.token })).toMatchObject({
        status: 403,
        code: 'FORBIDDEN',
      });
    });

    it.each(planned)('%s is planned, and is not there', async (name) => {
      const refusal = await installation
        .api()
        .refusal(name, { params: { id: NOWHERE }, token: people.owner.token });
      expect(refusal).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    });
  });
});
