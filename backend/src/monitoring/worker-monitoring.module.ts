import { Module } from '@nestjs/common';
import { MetricsController } from './metrics.controller.js';

/** Of the worker, which serves no API. */
@Module({ controllers: [MetricsController] })
export class WorkerMonitoringModule {}
