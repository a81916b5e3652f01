import type { Me, User, UserList } from '@parley/protocol';
import { Controller } from '@nestjs/common';
import type { EndpointCall } from '../infra/http/endpoint.js';
import { Endpoint } from '../infra/http/endpoint.js';
import { ChangeMe } from './change-me.js';
import { FindUsers } from './find-users.js';

@Controller()
export class UsersController {
  constructor(
    private readonly findUsers: FindUsers,
    private readonly changeMe: ChangeMe,
  ) {}

  @Endpoint('GET /users/me')
  me(call: EndpointCall<'GET /users/me'>): Promise<Me> {
    return this.changeMe.read(call.caller.userId);
  }

  @Endpoint('PATCH /users/me')
  change(call: EndpointCall<'PATCH /users/me'>): Promise<Me> {
    return this.changeMe.execute(call.caller.userId, call.body);
  }

  @Endpoint('GET /users')
  async find(call: EndpointCall<'GET /users'>): Promise<UserList> {
    return { items: await this.findUsers.execute(call.query) };
  }

  @Endpoint('GET /users/:id')
  one(call: EndpointCall<'GET /users/:id'>): Promise<User> {
    return this.findUsers.one(call.params.id);
  }
}
