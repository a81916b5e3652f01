import { v7 as newId } from 'uuid';
import type pg from 'pg';
import { expect } from 'vitest';
import { createTestDatabase, testPool, type TestDatabase } from '../_support/test-database.js';

export interface SendRow {
  ord: number | null;
  status: string;
  id: string;
  seq: number | null;
  rev: number | null;
  root_rev: number | null;
  message: { text: string; thread_replies: number; rev: number } | null;
}
export interface ChangeRow {
  status: string;
  conversation_id: string;
  from_rev: number;
  to_rev: number;
  members_rev: number;
  messages: { id: string; seq: number; rev: number; system: Record<string, unknown> | null }[];
  user_ids: string[];
}
export interface Sending {
  conversation: string;
  sender: string;
  clientId: string;
  text?: string;
  root?: string;
  replyTo?: string;
  mentions?: string;
  attachment?: string;
}

const SEND = 'SELECT * FROM send_messages($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)';

/** As the product's own connections for the log: see LogPool. */
export const LOG_OPTIONS = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off';

/** A database with people in it, and calls of the log's functions on three pools, as three instances have. */
export class LogFixture {
  readonly ada = newId();
  readonly bob = newId();
  readonly cy = newId();

  private constructor(
    readonly database: TestDatabase,
    private readonly pools: readonly pg.Pool[],
  ) {}

  static async start(): Promise<LogFixture> {
    const database = await createTestDatabase();
    const pools = [1, 2, 3].map(() =>
      testPool({ connectionString: database.url, max: 4, options: LOG_OPTIONS }),
    );
    const fixture = new LogFixture(database, pools);
    await fixture.addPerson(fixture.ada, 'ada');
    await fixture.addPerson(fixture.bob, 'bob');
    await fixture.addPerson(fixture.cy, 'cy');
    return fixture;
  }

  async stop(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.end()));
    await this.database.drop();
  }

  pool(index = 0): pg.Pool {
    const chosen = this.pools[index % this.pools.length];
    if (!chosen) throw new Error('no pool');
    return chosen;
  }

  async rows<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    return (await this.pool().query<R>(text, values)).rows;
  }

  async row<R extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<R> {
    const [first] = await this.rows<R>(text, values);
    if (!first) throw new Error(`no row: ${text}`);
    return first;
  }

  async addPerson(id: string, name: string): Promise<void> {
    await this.rows('INSERT INTO users (id, username, display_name) VALUES ($1, $2, $2)', [id, name]);
  }

  async send(batch: readonly Sending[], via: pg.Pool | pg.Client = this.pool()): Promise<SendRow[]> {
    const column = <T>(value: (sending: Sending) => T) => batch.map(value);
    const result = await via.query<SendRow>({
      name: 'send',
      text: SEND,
      values: [
        column(({ conversation }) => conversation),
        column(({ sender }) => sender),
        column(({ clientId }) => clientId),
        column(() => newId()),
        column(({ text }) => text ?? 'text'),
        column(({ replyTo }) => replyTo ?? null),
        column(({ root }) => root ?? null),
        column(({ mentions }) => mentions ?? null),
        column(() => false),
        column(({ attachment }) => attachment ?? null),
      ],
    });
    return result.rows;
  }

  async change(call: string, values: unknown[], via: pg.Pool = this.pool()): Promise<ChangeRow> {
    const result = await via.query<ChangeRow>(`SELECT * FROM ${call}`, values);
    const [first] = result.rows;
    if (!first) throw new Error(`no row: ${call}`);
    return first;
  }

  /** Created by Ada. */
  createGroup(members: string[], kind = 'group', visibility = 'private'): Promise<ChangeRow> {
    return this.create(kind, this.ada, members, { visibility, title: 'Title' });
  }

  create(
    kind: string,
    creator: string,
    members: string[],
    more: { visibility?: string; title?: string; clientId?: string } = {},
    via = this.pool(),
  ): Promise<ChangeRow> {
    return this.change(
      'create_conversation($1,$2,$3,$4,$5,$6,$7,$8)',
      [
        newId(),
        newId(),
        kind,
        creator,
        members,
        more.visibility ?? 'private',
        more.title ?? null,
        more.clientId ?? null,
      ],
      via,
    );
  }

  /**
   * seq and rev are exactly 1..head. What took a rev and was touched again since has lost it: that every rev was taken
   * once is told by the outbox, which holds a row for each.
   */
  async expectDense(conversation: string): Promise<void> {
    const head = await this.row<{ last_seq: number; last_rev: number; text_count: number }>(
      'SELECT last_seq, last_rev, text_count FROM conversations WHERE id = $1',
      [conversation],
    );
    const messages = await this.rows<{ seq: number; rev: number; kind: string; text_count: number }>(
      'SELECT seq, rev, kind, text_count FROM messages WHERE conversation_id = $1 ORDER BY seq',
      [conversation],
    );
    const taken = await this.rows<{ rev: number }>(
      'SELECT rev FROM outbox WHERE conversation_id = $1 ORDER BY rev',
      [conversation],
    );
    const upTo = (last: number) => Array.from({ length: last }, (_none, index) => index + 1);
    expect(messages.map(({ seq }) => seq)).toEqual(upTo(head.last_seq));
    expect(taken.map(({ rev }) => rev)).toEqual(upTo(head.last_rev));
    expect(Math.max(...messages.map(({ rev }) => rev))).toBe(head.last_rev);
    let texts = 0;
    for (const message of messages) {
      if (message.kind === 'text') texts += 1;
      expect(message.text_count).toBe(texts);
    }
    expect(head.text_count).toBe(texts);
  }
}
