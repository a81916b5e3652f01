import { Controller } from '@nestjs/common';
import type { EndpointAnswer, EndpointCall } from '../infra/http/endpoint.js';
import { Endpoint } from '../infra/http/endpoint.js';
import { WatchPresence } from './watch-presence.js';

@Controller()
export class PresenceController {
  constructor(private readonly watchPresence: WatchPresence) {}

  @Endpoint('GET /users/presence')
  async read(call: EndpointCall<'GET /users/presence'>): Promise<EndpointAnswer<'GET /users/presence'>> {
    return { items: await this.watchPresence.read(call.caller.userId, call.query.ids) };
  }
}
