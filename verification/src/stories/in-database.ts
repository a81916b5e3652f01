import pg from 'pg';
import type { Stage } from './story.js';

/** A connection to the database of the cluster, past everything that the product knows. */
export async function withDatabase<T>(stage: Stage, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: stage.cluster.postgres.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
