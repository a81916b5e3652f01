import { Module } from '@nestjs/common';
import { DocumentsController } from './documents.controller.js';
import { MetricsController } from './metrics.controller.js';

@Module({ controllers: [DocumentsController, MetricsController] })
export class MonitoringModule {}
