import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CommitCutter } from '../faults/commit-cutter.js';
import { WRITES } from './edges.js';

const at = (relative: string): string => fileURLToPath(new URL(`../../../${relative}`, import.meta.url));

function textOf(folder: string, isWanted: (name: string) => boolean): string {
  return readdirSync(at(folder), { recursive: true, encoding: 'utf8' })
    .filter(isWanted)
    .map((name) => readFileSync(at(`${folder}/${name}`), 'utf8'))
    .join('\n');
}

/** A message of PostgreSQL's protocol: type, length, body. */
function message(type: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body)]);
}

/** What becomes of the answer to each of the statements, sent one after the other on one connection. */
function answersTo(...statements: string[]): ('pass' | 'cut')[] {
  const cutter = new CommitCutter(WRITES);
  const inspector = cutter.inspector();
  inspector.fromClient(message(' ', 'start'));
  inspector.fromServer(message('Z', 'I'));
  cutter.armed = 1;
  return statements.map((text, index) => {
    inspector.fromClient(message('P', `s${String(index)}\0${text}\0`));
    inspector.fromClient(message('B', `\0s${String(index)}\0`));
    return inspector.fromServer(message('Z', 'I'));
  });
}

describe('the cut after a COMMIT', () => {
  it('knows every function by which the product writes', () => {
    const product = textOf('backend/src', (name) => name.endsWith('.ts') && !name.includes('generated'));
    const made = textOf('prisma/migrations', (name) => name.endsWith('.sql'));
    // Those in plain SQL answer something, and change nothing by themselves.
    const functions = [...made.matchAll(/FUNCTION (\w+)\([^$]*LANGUAGE plpgsql VOLATILE/g)]
      .map(([, name = '']) => name)
      .filter((name) => product.includes(`${name}(`));
    expect(functions.length).toBeGreaterThan(10);
    expect(functions.filter((name) => !WRITES.test(`SELECT * FROM ${name}($1)`))).toEqual([]);
  });

  it.each([
    'SELECT result.* FROM set_config($1) request(id), LATERAL (SELECT * FROM set_reaction($2, $3, $4, $5)) result',
    'SELECT status FROM advance_pointers($1::uuid[], $2::uuid[], $3::int[], $4::int[]) ORDER BY ord',
    'UPDATE members SET muted = coalesce($3, muted) WHERE user_id = $1',
    "UPDATE sessions SET ended_at = now(), end_reason = 'logout' WHERE id = $1",
    'COMMIT',
  ])('loses the answer to %s', (text) => {
    expect(answersTo('SELECT * FROM message_rows', text)).toEqual(['pass', 'cut']);
  });

  it('loses no answer to what reads', () => {
    expect(
      answersTo(
        'SELECT sessions.id, members.user_id FROM sessions, members',
        'SELECT unread_mentions($1, $2, $3)',
      ),
    ).toEqual(['pass', 'pass']);
  });
});
