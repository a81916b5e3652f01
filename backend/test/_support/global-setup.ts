import { startTestServices } from '../../../scripts/services.mjs';

/** Real services for the whole run, unless somebody has started them: `scripts/test.mjs`, or a contributor by hand. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['PARLEY_TEST_DATABASE_URL'] !== undefined) return undefined;
  const services = await startTestServices();
  Object.assign(process.env, {
    PARLEY_TEST_DATABASE_URL: services.databaseUrl,
    PARLEY_TEST_REDIS_URL: services.redisUrl,
    PARLEY_TEST_S3_ENDPOINT: services.s3Endpoint,
  });
  return services.stop;
}
