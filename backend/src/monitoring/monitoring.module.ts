import { Module } from '@nestjs/common';
import { DocumentsController } from './documents.controller.js';
import { MetricsController } from './metrics.controller.js';
import { ReadStats } from './read-stats.js';
import { ReportStats } from './report-stats.js';
import { StatsController } from './stats.controller.js';
import { StatsRegistry } from './stats-registry.js';

@Module({
  controllers: [DocumentsController, MetricsController, StatsController],
  providers: [ReadStats, ReportStats, StatsRegistry],
})
export class MonitoringModule {}
