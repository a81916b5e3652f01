import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { HealthModule } from './health/health.module.js';
import { InfraModule } from './infra/infra.module.js';
import { QueueModule } from './infra/queue/queue.module.js';
import { WorkerMonitoringModule } from './monitoring/worker-monitoring.module.js';

/** The worker process: jobs, and what watches it. */
@Module({})
export class WorkerModule {
  static of(config: Config): DynamicModule {
    return {
      module: WorkerModule,
      imports: [ConfigModule.of(config), InfraModule, QueueModule, HealthModule, WorkerMonitoringModule],
    };
  }
}
