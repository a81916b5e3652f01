import { describe, expect, it } from 'vitest';
import { nameOfStatement, postgresStatements } from './postgres-statements.js';
import { redisCommands, redisPublished } from './redis-messages.js';
import type { Listener } from './tap.js';

/** As a network may cut it: byte by byte, and all at once. */
function bothWays(bytes: Buffer, listen: (heard: (what: string) => void) => Listener): string[][] {
  return [1, bytes.length].map((size) => {
    const heard: string[] = [];
    const listener = listen((what) => heard.push(what));
    for (let at = 0; at < bytes.length; at += size) listener(bytes.subarray(at, at + size));
    return heard;
  });
}

describe('statements of PostgreSQL', () => {
  const message = (type: string, ...parts: (string | Buffer)[]): Buffer => {
    const body = Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)),
    );
    const head = Buffer.alloc(type.length + 4);
    head.write(type);
    head.writeUInt32BE(body.length + 4, type.length);
    return Buffer.concat([head, body]);
  };

  it('are counted each time they are executed, however often they were parsed', () => {
    const rest = Buffer.alloc(6);
    const conversation = Buffer.concat([
      message('', Buffer.from([0, 3, 0, 0]), 'user', 'parley', ''),
      message('Q', 'BEGIN'),
      message('P', 'named', 'SELECT 1', rest),
      message('B', '', 'named', rest),
      message('E', '', rest),
      message('B', '', 'named', rest),
      message('E', '', rest),
      message('S'),
    ]);
    for (const heard of bothWays(conversation, postgresStatements))
      expect(heard).toEqual(['BEGIN', 'SELECT 1', 'SELECT 1']);
  });

  it.each([
    ['SELECT ord, status\n  FROM send_messages($1::uuid[])', 'SELECT send_messages'],
    ['SELECT "public"."users"."id" FROM "public"."users" WHERE 1=1', 'SELECT users'],
    ['INSERT INTO sessions (id) VALUES ($1)', 'INSERT sessions'],
    ['UPDATE members SET read_seq = 1', 'UPDATE members'],
    ['SELECT clock_timestamp() AS now', 'SELECT clock_timestamp'],
    [
      `SELECT r.* FROM set_config('a', $1, true) q(id), LATERAL (SELECT * FROM set_pin($2)) r`,
      'SELECT set_pin',
    ],
    ['COMMIT', 'COMMIT'],
  ])('have a short name: %s', (sql, name) => {
    expect(nameOfStatement(sql)).toBe(name);
  });
});

describe('messages of Redis', () => {
  const command = (...parts: string[]): Buffer =>
    Buffer.from(
      `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`,
    );

  it('are counted by command, whatever stands in the arguments', () => {
    const sent = Buffer.concat([
      command('PUBLISH', 'room', '*1\r\n$4\r\nPING\r\n'),
      command('evalsha', 'é', '1'),
    ]);
    for (const heard of bothWays(sent, redisCommands)) expect(heard).toEqual(['publish', 'evalsha']);
  });

  it('are told from answers where they were published', () => {
    const answers = Buffer.concat([
      Buffer.from(
        '+OK\r\n:3\r\n$-1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*2\r\n*1\r\n:1\r\n-ERR no\r\n',
      ),
      command('message', 'a', 'text'),
    ]);
    for (const heard of bothWays(answers, redisPublished)) expect(heard).toEqual(['a']);
  });
});
