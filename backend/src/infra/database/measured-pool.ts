import pg from 'pg';
import type { Metrics } from '../metrics/metrics.js';
import type { PoolName } from '../metrics/database-metrics.js';
import { ConnectAttempts } from './connect-attempts.js';
import { StatementNames } from './statement-names.js';

type Callback = (error: Error | null | undefined, ...rest: unknown[]) => void;
type Asynchronous = (...parts: unknown[]) => unknown;

/** A pool of connections to PostgreSQL whose waits and statements are measured, whoever uses it: Prisma too. */
export function measuredPool(name: PoolName, options: pg.PoolConfig, metrics: Metrics): pg.Pool {
  // The pool itself tells a failure to nobody, where who waited for the connection has given up before.
  class WatchedClient extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super(config);
      replace(this, 'connect', (connect) => (...parts) => {
        return settled(connect, parts, (error) => {
          if (error) attempts.failed();
        });
      });
    }
  }
  const pool = new pg.Pool({ ...options, Client: WatchedClient });
  const attempts = new ConnectAttempts(pool);
  const { statementDuration, statementFailures, poolWait } = metrics.database;
  const names = new StatementNames();
  const size = pool.options.max;

  // `query` of the pool connects by itself, through this.
  replace(pool, 'connect', (connect) => {
    return (...parts) => {
      const started = performance.now();
      return settled(connect, parts, () => {
        poolWait.observe({ pool: name }, secondsSince(started));
      });
    };
  });
  pool.on('connect', (client) => {
    // Whoever is handed a connection listens to it a microtask later. PostgreSQL may say that it ends it in the very packet that
    // freed it for them; without a listener that ends the process. What is asked of it next rejects by itself.
    client.on('error', () => undefined);
    replace(client, 'query', (query) => {
      return (...parts) => {
        const started = performance.now();
        const statement = names.of(textOf(parts[0]));
        return settled(query, parts, (error) => {
          statementDuration.observe({ pool: name, statement }, secondsSince(started));
          if (error) statementFailures.inc({ pool: name });
        });
      };
    });
  });
  metrics.database.watch(name, () => ({
    total: pool.totalCount,
    idle: pool.idleCount,
    waiting: pool.waitingCount,
    size,
  }));
  return pool;
}

/** The library has no hooks for these, and overloads that no wrapper could repeat. */
function replace(owner: object, method: string, wrap: (original: Asynchronous) => Asynchronous): void {
  const original = Reflect.get(owner, method) as Asynchronous;
  Reflect.set(owner, method, wrap(original.bind(owner)));
}

/** Calls `work`, which takes a callback as its last part or answers a promise, and says when it has ended. */
function settled(work: Asynchronous, parts: unknown[], ended: (error: unknown) => void): unknown {
  const last = parts.at(-1);
  if (typeof last === 'function') {
    const callback: Callback = (error, ...rest) => {
      ended(error);
      (last as Callback)(error, ...rest);
    };
    return work(...parts.slice(0, -1), callback);
  }
  const answer = work(...parts);
  if (answer instanceof Promise) {
    answer.then(() => {
      ended(null);
    }, ended);
  }
  return answer;
}

function textOf(statement: unknown): string {
  if (typeof statement === 'string') return statement;
  const text: unknown = Reflect.get(Object(statement) as object, 'text');
  return typeof text === 'string' ? text : '';
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1_000;
}
