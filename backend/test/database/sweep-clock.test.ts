import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from 'pg';
import { SweepClock } from '../../src/infra/database/sweep-clock.js';
import { startApp, type StartedApp } from '../_support/start-app.js';
import { createTestDatabase, type TestDatabase } from '../_support/test-database.js';

describe('the clock of sweeps', () => {
  let database: TestDatabase;
  let app: StartedApp;
  beforeAll(async () => {
    database = await createTestDatabase();
    app = await startApp({ databaseUrl: database.url });
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('does not pass a transaction that is still writing, however long it takes to commit', async () => {
    const clock = app.app.get(SweepClock);
    const writer = new Client({ connectionString: database.url });
    await writer.connect();
    try {
      await writer.query('BEGIN');
      const begun = (await writer.query<{ at: Date }>('SELECT now() AS at')).rows[0]?.at.getTime() ?? NaN;
      // It has written nothing yet.
      expect((await clock.start()).settledTo.getTime()).toBeGreaterThan(begun);
      await writer.query('CREATE TABLE written (id int)');
      const during = await clock.start();
      expect(during.settledTo.getTime()).toBe(begun);
      expect(during.now.getTime()).toBeGreaterThan(begun);
      await writer.query('COMMIT');
      expect((await clock.start()).settledTo.getTime()).toBeGreaterThan(begun);
    } finally {
      await writer.end();
    }
  });
});
