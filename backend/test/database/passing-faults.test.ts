import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/infra/database/database.js';
import type { Person } from '../_support/api.js';
import { Installation } from '../_support/installation.js';

describe('a deadlock or a serialization failure', () => {
  let installation: Installation;
  let anna: Person;
  let bob: Person;

  beforeAll(async () => {
    installation = await Installation.start();
    [anna, bob] = (await installation.people('anna', 'bob')) as [Person, Person];
    // A sequence keeps its number over the rollback: the first two tries fail, the third does not.
    await installation.database.query(`
      CREATE SEQUENCE tries;
      CREATE FUNCTION fail_twice() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval('tries') % 3 <> 0 THEN
          RAISE EXCEPTION 'chosen as victim' USING ERRCODE = CASE WHEN lastval() % 3 = 1 THEN '40P01' ELSE '40001' END;
        END IF;
        RETURN NULL;
      END $$;`);
  });
  afterAll(() => installation.stop());

  it('is tried again by every change of the log, and told once', async () => {
    const { id } = await installation.start(anna, [bob]);
    const message = await installation.post(anna, id, 'one');
    const bobs = await installation.connect(bob);
    await installation.database.query(
      'CREATE TRIGGER fail AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION fail_twice()',
    );
    const options = { token: anna.token, params: { id: message.id } };
    const api = installation.api();
    await api.call('PATCH /messages/:id', { ...options, body: { text: 'two' } });
    await api.call('PUT /messages/:id/reactions/:emoji', {
      ...options,
      params: { id: message.id, emoji: '👍' },
    });
    await api.call('PUT /messages/:id/pin', options);
    await api.call('PATCH /conversations/:id', {
      token: anna.token,
      params: { id },
      body: { topic: 'Faults' },
    });
    await bobs.next('changes', ({ toRev }) => toRev === 6);
    expect(
      bobs.received.flatMap(({ event, payload }) =>
        event === 'changes' && 'toRev' in payload ? [payload.toRev] : [],
      ),
    ).toEqual([3, 4, 5, 6]);
    const [tries] = await installation.database.query<{ last_value: string }>('SELECT last_value FROM tries');
    expect(Number(tries?.last_value)).toBe(12);
  });
});

describe('a connection that PostgreSQL ends', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await Installation.start();
  });
  afterAll(() => installation.stop());

  it('between being handed out and being used is no end of the process, and the next one works', async () => {
    const { pool } = installation.part(Database);
    const client = await pool.connect();
    const ended = new Promise((resolve) => client.once('end', resolve));
    const { pid } = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0] ?? {};
    await installation.database.query('SELECT pg_terminate_backend($1)', [pid]);
    await ended;
    await expect(client.query('SELECT 1')).rejects.toThrow('not queryable');
    client.release(true);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});
