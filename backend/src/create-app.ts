import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { Config } from './config/config.js';
import { configureHttp, httpAdapter } from './infra/http/configure-http.js';
import { Logger } from './infra/logger/logger.js';
import { RealtimeAdapter } from './realtime/realtime-adapter.js';
import { WorkerModule } from './worker.module.js';

async function create(module: DynamicModule, config: Config): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(module, httpAdapter(config), {
    bufferLogs: true,
    // Nest's parsers take form bodies, which any page can send; Fastify's own takes JSON.
    bodyParser: false,
    // A failed start is an error for the entry point to print, not a reason for Nest to end the process.
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  await configureHttp(app);
  return app;
}

/** The API with its socket, ready to listen. */
export async function createApp(config: Config): Promise<NestFastifyApplication> {
  const app = await create(AppModule.of(config), config);
  app.useWebSocketAdapter(new RealtimeAdapter(app));
  return app;
}

/** The worker with its own health and metrics, ready to listen. */
export function createWorker(config: Config): Promise<NestFastifyApplication> {
  return create(WorkerModule.of(config), config);
}
