import type { Socket as TcpSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connection, Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

/** More than the kernel keeps on both sides of loopback, which is some megabytes, and the cap. */
const ASKED = 250;

describe('a socket that asks and does not read', () => {
  let installation: Installation;
  let anna: Person;
  let bob: Person;

  beforeAll(async () => {
    installation = await Installation.start([{}]);
    [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
  });
  afterAll(() => installation.stop());

  /** The TCP connection below Socket.IO, Engine.IO and ws. */
  const wireOf = (connection: Connection): TcpSocket => {
    const transport: unknown = Reflect.get(connection.socket.io.engine, 'transport');
    const webSocket: unknown = Reflect.get(transport as object, 'ws');
    return Reflect.get(webSocket as object, '_socket') as TcpSocket;
  };

  it('is cut, while the others go on; it comes back and has missed nothing', async () => {
    const { id } = await installation.start(anna, [bob]);
    for (let index = 0; index < 30; index += 1) await installation.post(anna, id, 'x'.repeat(3_900));
    const [silent, annas] = await Promise.all([installation.connect(bob), installation.connect(anna)]);
    expect(await installation.metric('parley_connections')).toBe(2);
    wireOf(silent).pause();
    for (let index = 0; index < ASKED; index += 1) {
      silent.socket.emit('sync', { conversations: { [id]: 1 } }, () => undefined);
    }
    await expect
      .poll(() => installation.metric('parley_connections'), { timeout: 20_000, interval: 100 })
      .toBe(1);
    expect(await installation.metric('parley_slow_readers_cut_total')).toBe(1);
    const { message } = await annas.command('message:send', {
      conversationId: id,
      clientMessageId: 'meanwhile',
      text: 'meanwhile',
    });
    await expect.poll(() => installation.metric('parley_buffered_bytes')).toBeLessThan(65_536);
    wireOf(silent).resume();

    const back = await installation.connect(bob);
    const answer = await back.command('sync', { conversations: { [id]: message.rev - 1 } });
    expect(answer.changes[id]?.messages.map(({ text }) => text)).toEqual(['meanwhile']);
  });
});
