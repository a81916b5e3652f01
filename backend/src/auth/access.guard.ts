import type { Route } from '@parley/protocol';
import { routes } from '@parley/protocol';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { forbidden } from '../infra/errors/parley-error.js';
import { routeNameOf } from '../infra/http/endpoint.js';
import { isPublicDocument } from '../infra/http/public-document.js';
import { RateLimits } from '../infra/rate-limits/rate-limits.js';
import { AccessTokenStrategy, unauthenticated } from './access-token.strategy.js';

/**
 * Stands before every controller: a method is closed unless its route in the contract says `open`. The session
 * is read with every request, by its primary key, so that ending one takes effect with its commit.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly tokens: AccessTokenStrategy,
    private readonly limits: RateLimits,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const handler = execution.getHandler();
    if (isPublicDocument(handler)) return true;
    const name = routeNameOf(handler);
    const route: Route | undefined = name === undefined ? undefined : routes[name];
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    if (request.context && name !== undefined) request.context.action = name;
    if (route?.access === 'open') return true;

    const identity = await this.tokens.verify(bearerToken(request));
    if (request.context) {
      request.context.userId = identity.userId;
      request.context.sessionId = identity.sessionId;
    }
    await this.limits.consume('requestsPerMinute', identity.userId);
    if (route?.access !== 'session' && identity.role !== 'admin') throw forbidden('Only admins may do this.');
    request.caller = identity;
    return true;
  }
}

/** From the Authorization header alone: a token in a URL would stand in logs. */
function bearerToken(request: FastifyRequest): string {
  const match = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.authorization ?? '');
  if (match?.[1] === undefined) throw unauthenticated();
  return match[1];
}
