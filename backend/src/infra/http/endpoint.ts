import type {
  AccountRole,
  RouteAnswer,
  RouteBody,
  RouteName,
  RouteParams,
  RouteQuery,
  Routes,
} from '@parley/protocol';
import { API_PREFIX, routes } from '@parley/protocol';
import type { Route } from '@parley/protocol';
import type { ExecutionContext } from '@nestjs/common';
import { RequestMapping, RequestMethod, SetMetadata, createParamDecorator } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ParleyError, notFound } from '../errors/parley-error.js';
import { queryValues } from '../validation/query-values.js';
import { invalidFields, validateInput } from '../validation/validate-input.js';

/** Who is signed in, as the access guard found it. */
export interface HttpCaller {
  readonly userId: string;
  readonly sessionId: string;
  readonly role: AccountRole;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the access guard on every route that is not open. */
    caller?: HttpCaller;
  }
}

/** A request to one route of the contract, validated. */
export interface EndpointCall<N extends RouteName> {
  readonly params: RouteParams<N>;
  readonly query: RouteQuery<N>;
  readonly body: RouteBody<N>;
  /** `null` on open routes. */
  readonly caller: Routes[N]['access'] extends 'open' ? null : HttpCaller;
  /** Chooses another of the route's statuses than the first. */
  setStatus: (status: Routes[N]['status'][number]) => void;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export type EndpointAnswer<N extends RouteName> = RouteAnswer<N>;
type EndpointMethod<N extends RouteName> = (call: EndpointCall<N>) => Promise<RouteAnswer<N>>;

const ROUTE_METADATA = Symbol('parley:route');

const ID_NAME = /^(id|\w+Id)$/;

const METHODS: Readonly<Record<string, RequestMethod>> = {
  GET: RequestMethod.GET,
  POST: RequestMethod.POST,
  PUT: RequestMethod.PUT,
  PATCH: RequestMethod.PATCH,
  DELETE: RequestMethod.DELETE,
};

/** The route that a controller method is bound to, for guards; `undefined` for methods outside the contract. */
export function routeNameOf(method: object): RouteName | undefined {
  return Reflect.getMetadata(ROUTE_METADATA, method) as RouteName | undefined;
}

/** Method and full path of a route, as the server registers it. */
export function addressOf(name: RouteName): { method: string; path: string } {
  const route: Route = routes[name];
  const [method = '', path = ''] = name.split(' ');
  return { method, path: route.at === 'root' ? path : `${API_PREFIX}${path}` };
}

/**
 * Binds a controller method to a route of the contract. The method takes one `EndpointCall` and returns the
 * route's answer: a wrong name, input or answer does not compile. Inputs are validated before it is called.
 */
export function Endpoint<const N extends RouteName>(name: N) {
  return <M extends EndpointMethod<N>>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    const bound = descriptor.value;
    if (!bound) throw new Error(`${name} must be bound to a method`);
    const { method, path } = addressOf(name);
    const requestMethod = METHODS[method];
    if (requestMethod === undefined) throw new Error(`${name} has a method that is not served`);

    Call(name)(target, key, 0);
    RequestMapping({ method: requestMethod, path })(target, key, descriptor);
    SetMetadata(ROUTE_METADATA, name)(target, key, descriptor);
  };
}

const Call = createParamDecorator((name: RouteName, execution: ExecutionContext) => {
  const request = execution.switchToHttp().getRequest<FastifyRequest>();
  const reply = execution.switchToHttp().getResponse<FastifyReply>();
  const route: Route = routes[name];
  void reply.status(route.status[0]);
  return {
    params: route.params ? validateParams(route.params, request.params) : undefined,
    query: route.query
      ? validateInput(route.query, queryValues(route.query, request.query))
      : refuseInput(request.query),
    body: route.body ? validateInput(route.body, request.body) : refuseInput(request.body),
    caller: request.caller ?? null,
    setStatus: (status: number) => void reply.status(status),
    request,
    reply,
  };
});

/** An id in a path that can not be one names nothing: it is not found, not malformed. What else stands there is. */
function validateParams(input: NonNullable<Route['params']>, params: unknown): object {
  try {
    return validateInput(input, { ...(params as object) });
  } catch (error) {
    if (error instanceof ParleyError && !error.details.fields?.some(({ path }) => ID_NAME.test(path)))
      throw error;
    throw notFound();
  }
}

/** A route without a query or body takes none: unknown fields are refused, also where none is known. */
function refuseInput(given: unknown): undefined {
  if (given === undefined || given === null) return undefined;
  const names = typeof given === 'object' ? Object.keys(given) : [''];
  if (names.length === 0) return undefined;
  throw invalidFields(names.map((path) => ({ path, message: 'is not known' })));
}
