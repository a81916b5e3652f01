import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/infra/database/database.js';
import { Installation } from '../_support/installation.js';

describe('a text that was prepared', () => {
  let installation: Installation;
  let database: Database;

  beforeAll(async () => {
    installation = await Installation.start();
    database = installation.part(Database);
    await installation.database.query(
      'CREATE TABLE shelves (id int PRIMARY KEY); CREATE VIEW shelf_rows AS SELECT * FROM shelves; INSERT INTO shelves VALUES (1)',
    );
  });
  afterAll(() => installation.stop());

  it('is parsed once a connection, whatever the values are', async () => {
    const text = 'SELECT id FROM shelves WHERE id = $1';
    const [found, ...parsed] = await database.transaction(async (sql) => {
      const answers = [await sql.query(text, [1]), await sql.query(text, [2]), await sql.query(text, [3])];
      const statements = await sql.query<{ statement: string }>(
        'SELECT statement FROM pg_prepared_statements WHERE statement = $1',
        [text],
      );
      return [answers, ...statements];
    });
    expect(found).toEqual([[{ id: 1 }], [], []]);
    expect(parsed).toEqual([{ statement: text }]);
  });

  it('answers in its new shape after a migration, on every connection that has it', async () => {
    const text = 'SELECT * FROM shelf_rows WHERE id = $1';
    const everywhere = () => Promise.all(Array.from({ length: 20 }, () => database.query(text, [1])));
    expect(await everywhere()).toEqual(Array.from({ length: 20 }, () => [{ id: 1 }]));
    await installation.database.query(
      "CREATE OR REPLACE VIEW shelf_rows AS SELECT id, 'oak' AS wood FROM shelves",
    );
    expect(await everywhere()).toEqual(Array.from({ length: 20 }, () => [{ id: 1, wood: 'oak' }]));
    await installation.database.query(
      "CREATE OR REPLACE VIEW shelf_rows AS SELECT id, 'oak' AS wood, 3 AS boards FROM shelves",
    );
    const answer = await database.transaction((sql) => sql.query(text, [1]));
    expect(answer).toEqual([{ id: 1, wood: 'oak', boards: 3 }]);
  });
});
