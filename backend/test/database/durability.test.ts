import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Config } from '../../src/config/config.js';
import { Database } from '../../src/infra/database/database.js';
import { Durability } from '../../src/infra/database/durability.js';
import { Logger } from '../../src/infra/logger/logger.js';
import { startApp, type StartedApp } from '../_support/start-app.js';
import { createTestDatabase, type TestDatabase } from '../_support/test-database.js';

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

const inMode = (production: boolean): Durability => {
  const config = Object.assign(Object.create(Config.prototype) as Config, app.app.get(Config), {
    production,
  });
  return new Durability(config, app.app.get(Database), app.app.get(Logger));
};

describe('a server that does not sync', () => {
  it('is refused in production and nowhere else', async () => {
    const [setting] = await database.query<{ fsync: string }>(`SELECT current_setting('fsync') AS fsync`);
    const judged = await inMode(true)
      .ensure()
      .then(
        () => 'accepted',
        () => 'refused',
      );
    // The services of the tests run without; somebody's own, named by PARLEY_TEST_DATABASE_URL, may run with it.
    expect(judged).toBe(setting?.fsync === 'on' ? 'accepted' : 'refused');
    await expect(inMode(false).ensure()).resolves.toBeUndefined();
  });
});
