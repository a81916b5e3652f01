import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';
import { RawConnection, handshakeOf } from '../_support/raw-connection.js';

const COMMANDS = 200;
const HANDSHAKES = 60;
const SOCKETS_OF_PERSON = 5;
const DEEP = `${'['.repeat(3_000)}${']'.repeat(3_000)}`;

const MALFORMED: [string, string[]][] = [
  ['an unknown kind of packet', ['9']],
  ['an empty packet', ['']],
  ['the ping of a server', ['2']],
  ['an unknown kind of Socket.IO packet', ['49']],
  ['JSON that ends early', ['42["typing:start",{']],
  ['an event without a name', ['42[]']],
  ['an event with a reserved name', ['42["disconnect",{}]']],
  ['a number of attachments that is none', ['45x-["typing:start"]']],
  ['a binary event, and no attachment', ['451-["typing:start",{"_placeholder":true,"num":0}]', '42["x"]']],
  ['an acknowledgement of nothing, and of no list', ['437{}']],
  ['a second handshake after the first', [handshakeOf('token')]],
];

/** What a client would not do, beside two people who talk: these must not notice. */
describe('a hostile client', () => {
  let installation: Installation;
  let url: string;
  let conversationId: string;
  let annas: Connection;
  let bobs: Connection;
  let mallory: Person;
  let bob: Person;
  let silent: RawConnection[];
  let addresses = 0;

  beforeAll(async () => {
    installation = await Installation.start([
      {
        environment: {
          RATE_LIMIT_SCALE: '1',
          RATE_LIMIT_COMMANDS_PER_MINUTE: String(COMMANDS),
          HANDSHAKES_AT_ONCE: String(HANDSHAKES),
          SOCKETS_PER_USER: String(SOCKETS_OF_PERSON),
          TRUST_PROXY_HOPS: '1',
        },
      },
    ]);
    url = installation.api().baseUrl;
    const people = (await installation.people('anna', 'bob', 'mallory')) as [Person, Person, Person];
    const [anna] = people;
    [, bob, mallory] = people;
    ({ id: conversationId } = await installation.start(anna, [bob]));
    [annas, bobs] = await Promise.all([installation.connect(anna), installation.connect(bob)]);
  });
  afterAll(() => installation.stop());

  afterEach(async () => {
    const text = `all is well ${randomUUID()}`;
    const sent = await annas.command('message:send', {
      conversationId,
      clientMessageId: randomUUID(),
      text,
    });
    expect(sent.message.text).toBe(text);
    await bobs.next('changes', ({ messages }) => messages.some((message) => message.text === text));
    // Only their two are left.
    await expect.poll(() => installation.metric('parley_connections')).toBe(2);
  });

  function address(): string {
    addresses += 1;
    return `203.0.113.${String(addresses)}`;
  }

  async function stranger(): Promise<{ person: Person; connection: RawConnection }> {
    const person = await installation.somebody('stranger');
    return { person, connection: await RawConnection.join(url, address(), person.token) };
  }

  it('that opens connections and says nothing takes half of the places of its address, and no more', async () => {
    const from = address();
    const opened = await Promise.all(Array.from({ length: HANDSHAKES }, () => RawConnection.open(url, from)));
    silent = opened.filter(({ status }) => status === 101);
    expect(silent).toHaveLength(HANDSHAKES / 2);
    const refused = opened.filter(({ status }) => status !== 101);
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]));
    // A refused one is not left half open.
    await Promise.all(refused.map((connection) => connection.closed()));
    const { connection } = await stranger();
    expect(connection.received.some((packet) => packet.startsWith('42["ready"'))).toBe(true);
    connection.close();
  });

  it('that sends what can not be read is closed, and does not have to say goodbye for that', async () => {
    const stillOpen = await Promise.all(
      MALFORMED.map(async ([name, packets]) => {
        const { connection } = await stranger();
        connection.send(...packets);
        return (await connection.isClosedWithin(5_000)) ? [] : [name];
      }),
    );
    expect(stillOpen.flat()).toEqual([]);
  });

  it('that sends a frame above 64 KiB, in one or in parts, is closed', async () => {
    const { connection: whole } = await stranger();
    whole.send(`42["typing:start",{"conversationId":"${'x'.repeat(70_000)}"}]`);
    await whole.closed();
    const { connection: parts } = await stranger();
    const part = Buffer.from('x'.repeat(20_000));
    parts.sendFrame(0x01, part);
    for (let index = 0; index < 4; index += 1) parts.sendFrame(0x00, part);
    await parts.closed();
  });

  it('that repeats its handshake before it is answered is cut, and is not in twice', async () => {
    const connection = await RawConnection.open(url, address());
    connection.send(...Array.from({ length: 20 }, () => handshakeOf(mallory.token)));
    await connection.closed();
    const refused = await RawConnection.open(url, address());
    refused.send(handshakeOf('invented'));
    expect(await refused.until((packet) => packet.startsWith('44'))).toContain('UNAUTHENTICATED');
    // After a refusal another try is allowed, some times.
    for (let index = 0; index < 10 && !refused.isClosed; index += 1) {
      refused.send(handshakeOf('invented'));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await refused.closed();
  });

  it('that connects many times at once gets the places of one person', async () => {
    const connections = await Promise.all(
      Array.from({ length: 15 }, () => RawConnection.join(url, address(), mallory.token)),
    );
    const refusals = connections.flatMap(({ received }) =>
      received.filter((packet) => packet.startsWith('44')),
    );
    expect(refusals).toHaveLength(15 - SOCKETS_OF_PERSON);
    for (const refusal of refusals) {
      expect(JSON.parse(refusal.slice(2))).toMatchObject({
        data: { code: 'RATE_LIMITED', limit: 'socketsPerUser', retryAfterMs: 10_000 },
      });
    }
    for (const connection of connections) connection.close();
  });

  it('that sends more than it may is told so with every command, and cut at twice as many', async () => {
    const { connection } = await stranger();
    const codes = (): string[] =>
      connection.received
        .filter((packet) => packet.startsWith('43'))
        .map((packet) => {
          const [ack] = JSON.parse(packet.replace(/^43\d+/, '')) as [
            { ok: false; error: { code: string; limit?: string; retryAfterMs?: number } },
          ];
          return ack.error.limit ?? ack.error.code;
        });
    connection.send(`420["typing:start",{"conversationId":${DEEP}}]`);
    await expect.poll(codes).toEqual(['VALIDATION_FAILED']);

    connection.send(...Array.from({ length: 100 }, (_, index) => `42${String(index)}["no:such",{}]`));
    await expect.poll(() => codes().length).toBe(101);
    // 64 of those that came together are looked at together.
    expect(codes().filter((code) => code === 'commandsInFlight').length).toBeGreaterThan(0);

    for (let index = 0; index < COMMANDS; index += 1) connection.send(`42${String(index)}["no:such",{}]`);
    await expect.poll(() => codes().length).toBe(101 + COMMANDS);
    expect(codes().filter((code) => code === 'commandsPerMinute')).toHaveLength(101);

    const commands = await installation.metric('parley_floods_cut_total');
    connection.send(...Array.from({ length: 10 * COMMANDS }, () => '42["no:such",{}]'));
    await connection.closed();
    expect(await installation.metric('parley_floods_cut_total')).toBe(commands + 1);
  });

  it('that sends few packets and many bytes is cut', async () => {
    const { connection } = await stranger();
    const large = `42["no:such",{"x":"${'x'.repeat(60_000)}"}]`;
    for (let index = 0; index < 20; index += 1) connection.send(large);
    await connection.closed();
  });

  it('that still says nothing is closed after 10 s, and its places are free', async () => {
    await Promise.all(silent.map((connection) => connection.closed()));
    const back = await installation.connect(bob);
    expect(back.received[0]?.event).toBe('ready');
    back.close();
  }, 20_000);
});
