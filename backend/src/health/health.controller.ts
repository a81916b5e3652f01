import { Controller } from '@nestjs/common';
import type { EndpointAnswer, EndpointCall } from '../infra/http/endpoint.js';
import { Endpoint } from '../infra/http/endpoint.js';
import { Health } from './health.js';

@Controller()
export class HealthController {
  constructor(private readonly health: Health) {}

  @Endpoint('GET /health')
  live(): Promise<EndpointAnswer<'GET /health'>> {
    return Promise.resolve(this.health.live());
  }

  @Endpoint('GET /health/ready')
  async ready(call: EndpointCall<'GET /health/ready'>): Promise<EndpointAnswer<'GET /health/ready'>> {
    const { status, readiness } = await this.health.ready();
    call.setStatus(status);
    return readiness;
  }
}
