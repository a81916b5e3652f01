// Brings a database to the schema of this checkout. Asks the database first: Prisma takes a second to find that there is nothing to do.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './progress.mjs';
import { ROOT } from './places.mjs';

/** Answers a note for the progress line where there was nothing to do. */
export async function migrate(databaseUrl) {
  if (await isMigrated(databaseUrl)) return 'up to date';
  await run(process.execPath, [join(ROOT, 'scripts', 'prisma.mjs'), 'migrate', 'deploy'], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
  });
  return '';
}

async function isMigrated(databaseUrl) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query(
      'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    const done = new Set(rows.map(({ name }) => name));
    const wanted = readdirSync(join(ROOT, 'prisma', 'migrations'), { withFileTypes: true });
    return wanted.filter((entry) => entry.isDirectory()).every(({ name }) => done.has(name));
  } catch {
    // No such database or table yet, or something that Prisma tells better.
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
