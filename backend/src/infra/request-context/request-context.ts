import { AsyncLocalStorage } from 'node:async_hooks';
import type { RateBudget } from '@parley/protocol';

/** What is known about the request, command or job that is being worked on. Holds ids only, never content. */
export interface RequestContext {
  /** Stands in the error object and in every log line of this request. */
  readonly requestId: string;
  userId?: string;
  sessionId?: string;
  /** Route or command name, for logs and metrics. */
  action?: string;
  /** The budget that the answer tells: RateLimit-* headers, or `rate` in the ack. */
  rate?: RateBudget;
}

const storage = new AsyncLocalStorage<RequestContext>();

export function runInContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** The context of the running request; `undefined` outside of any (start, timers). */
export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}
