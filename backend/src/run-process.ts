import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Config } from './config/config.js';
import { ConfigurationError } from './config/read-variables.js';
import { collectSeldom } from './infra/garbage-collection.js';
import { acceptInBatches } from './realtime/accept-in-batches.js';
import { LogLevels } from './infra/logger/log-levels.js';
import { Logger } from './infra/logger/logger.js';
import { Metrics } from './infra/metrics/metrics.js';

/** Orchestrators kill after 30 s or so; what has not ended by then would not end by itself. */
const STOP_WITHIN_MS = 20_000;
/** Between looks for connections that have become idle since the server closed. */
const IDLE_CHECK_MS = 200;
/**
 * Connections that the kernel keeps until they are accepted. When everybody comes back at once, those above are
 * dropped and tried again a second later; Node's own 511 is below what a pause of 100 ms gathers in such a storm.
 * The kernel cuts it to net.core.somaxconn, which is 4096 since Linux 5.4.
 */
const LISTEN_BACKLOG = 4_096;
/** Turns of 10 ms then take in 3,200 a second, more than can be served; a handle costs a file descriptor. */
const ACCEPTED_AT_ONCE = 32;

export interface ProcessOptions {
  /** As logs name it. */
  readonly what: string;
  readonly create: (config: Config) => Promise<NestFastifyApplication>;
  readonly portOf: (config: Config) => number;
  /** Whether thousands may connect at once. */
  readonly isCrowded: boolean;
}

/** Runs one of the two processes until it is told to stop. */
export async function runProcess({ what, create, portOf, isCrowded }: ProcessOptions): Promise<void> {
  collectSeldom();
  const config = readConfig();
  const app = await create(config);
  const logger = app.get(Logger);
  const metrics = app.get(Metrics);

  process.on('unhandledRejection', (reason) => {
    metrics.unhandledRejections.inc();
    logger.failure('A promise failed that nobody awaited', reason);
  });
  stopOnSignals(app, logger);
  // The level of the log also while Redis, by which it is set otherwise, is away.
  const levels = app.get(LogLevels);
  process.on('SIGUSR2', () => {
    levels.toggleDebug();
  });

  await app.listen({ port: portOf(config), host: config.http.host, backlog: LISTEN_BACKLOG });
  if (isCrowded) {
    await acceptInBatches(app.getHttpServer(), ACCEPTED_AT_ONCE, LISTEN_BACKLOG).catch((error: unknown) => {
      logger.failure('Connections are accepted one a turn', error, {}, 'warn');
    });
  }
  logger.info(`${what} listens on ${await app.getUrl()}`);
}

function readConfig(): Config {
  try {
    return Config.read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function stopOnSignals(app: NestFastifyApplication, logger: Logger): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      logger.warn('Stopping took too long');
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
    // Closing ends what is idle at that moment; a proxy's connection that was busy then would be kept for its next request.
    const server = app.getHttpServer();
    setInterval(() => {
      if (!server.listening) server.closeIdleConnections();
    }, IDLE_CHECK_MS).unref();
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.failure('Stopping failed', error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
