import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Config } from '../../src/config/config.js';
import { createApp } from '../../src/create-app.js';
import { testServices } from './test-services.js';

export interface StartedApp {
  /** http://127.0.0.1:port */
  readonly baseUrl: string;
  readonly app: NestFastifyApplication;
  close: () => Promise<void>;
}

export interface AppOptions {
  readonly databaseUrl: string;
  /** The shared Redis of the run where absent; give a proxy's address to cut it off. */
  readonly redisUrl?: string;
  /** More variables, over the defaults of the tests. */
  readonly environment?: Record<string, string>;
}

/** A whole API instance on a free port. Limits are wide open; a test of limits sets RATE_LIMIT_SCALE itself. */
export async function startApp(options: AppOptions): Promise<StartedApp> {
  const services = testServices();
  const config = Config.read({
    NODE_ENV: 'test',
    PORT: '0',
    PUBLIC_URL: 'http://parley.test',
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'error',
    DATABASE_URL: options.databaseUrl,
    DATABASE_POOL_SIZE: '5',
    REDIS_URL: options.redisUrl ?? services.redisUrl,
    S3_ENDPOINT: services.s3Endpoint,
    // The pair that the stand-in knows.
    S3_ACCESS_KEY_ID: 'S3RVER',
    S3_SECRET_ACCESS_KEY: 'S3RVER',
    RATE_LIMIT_SCALE: '10000',
    ...options.environment,
  });
  const app = await createApp(config);
  await app.listen(0, '127.0.0.1');
  let closing: Promise<void> | undefined;
  return {
    baseUrl: await app.getUrl(),
    app,
    // A test that stops an instance and the clean-up after it may both call this.
    close: () => (closing ??= app.close()),
  };
}
