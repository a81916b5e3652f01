import { Controller } from '@nestjs/common';
import type { EndpointAnswer } from '../infra/http/endpoint.js';
import { Endpoint } from '../infra/http/endpoint.js';
import { ReadStats } from './read-stats.js';

@Controller()
export class StatsController {
  constructor(private readonly readStats: ReadStats) {}

  @Endpoint('GET /stats')
  read(): Promise<EndpointAnswer<'GET /stats'>> {
    return this.readStats.execute();
  }
}
