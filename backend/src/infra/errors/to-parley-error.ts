import { ParleyError, unavailable } from './parley-error.js';
import { DeadlineError } from './with-deadline.js';

/** SQLSTATE classes and codes after which the same request may succeed; see PostgreSQL's appendix A. */
const PASSING_SQLSTATES = /^(08...|53...|57P0[1-5]|57014|55P03|40001|40P01|25P03|25P02|25P04)$/;
const PASSING_ERRNOS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** Prisma: server not reachable, timed out, closed, pool timeout, deadlock, transaction API (no start, closed). */
const PASSING_PRISMA = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034']);
/** Texts of pg for a lost, exhausted or silent connection: it gives these errors no code. */
const PASSING_TEXTS =
  /connection terminated|timeout exceeded when trying to connect|connection timeout|query read timeout|server has closed the connection|database .* not reachable|client has encountered a connection error/i;

function isPassing(error: Record<string, unknown>): boolean {
  const codes = [error['code'], error['originalCode'], error['errorCode']];
  if (
    codes.some(
      (code) =>
        typeof code === 'string' &&
        (PASSING_SQLSTATES.test(code) || PASSING_ERRNOS.has(code) || PASSING_PRISMA.has(code)),
    )
  ) {
    return true;
  }
  return typeof error['message'] === 'string' && PASSING_TEXTS.test(error['message']);
}

/** Drivers wrap errors: the SQLSTATE may stand some causes down. Bounded, since a cause may be cyclic. */
const CAUSES_MAX = 5;

/** Whether PostgreSQL (or the way to it) failed in a manner that passes: down, restarting, silent, full, locked too long. */
export function isPassingFault(thrown: unknown): boolean {
  const queue: unknown[] = [thrown];
  if (thrown instanceof DeadlineError) return true;
  for (let seen = 0; seen < CAUSES_MAX * 2 && queue.length > 0; seen += 1) {
    const error = queue.shift();
    if (typeof error !== 'object' || error === null) continue;
    const record: Record<string, unknown> = Object.fromEntries(
      ['code', 'originalCode', 'errorCode', 'message', 'cause', 'meta', 'driverAdapterError'].map((key) => [
        key,
        Reflect.get(error, key) as unknown,
      ]),
    );
    if (isPassing(record)) return true;
    queue.push(record['cause'], record['driverAdapterError'], record['meta']);
  }
  return false;
}

/** Turns whatever was thrown into what may be sent. The thrown error becomes the cause, for the log. */
export function toParleyError(thrown: unknown): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  if (thrown instanceof DeadlineError) return unavailable('The server did not finish in time.', thrown);
  if (isPassingFault(thrown)) return unavailable('The server can not do this at the moment.', thrown);
  return new ParleyError('INTERNAL', 'Something went wrong on the server.', { cause: thrown });
}
