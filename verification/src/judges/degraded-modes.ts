import type { Judge, Violation } from './judge.js';
import { percentile } from './judge.js';
import { recoveries } from './recovery.js';

/** G10: sends fail within 2 s while PostgreSQL is down; the slack is the checker's own, which shares the machine. */
const FAILS_WITHIN_MS = 2_000;
const SLACK_MS = 1_000;
/** While only Redis is down, a send is answered as ever. R2 of the research asks for p99 below this. */
const WITHOUT_REDIS_P99_MS = 2_000;
const RECOVERS_WITHIN_MS = 10_000;

export const degradedModes: Judge = {
  name: 'degraded-modes',
  promises: ['G10'],
  sentence:
    'Without Redis sends are answered as ever; without PostgreSQL they fail quickly as retryable; both heal by themselves.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const without: number[] = [];
    let withoutRedis = 0;
    let withoutPostgres = 0;
    const down = recorded.faults.filter(({ start, missed }) => missed === null && start.blocking);
    for (const { invoke, outcome, end, code } of recorded.operations) {
      // The client library tries until it has an answer: its time is not that of one answer.
      if (invoke.action !== 'send' || invoke.via === 'library') continue;
      const during = down.filter(({ from, to }) => from < invoke.t && invoke.t < to);
      if (during.length === 0) continue;
      if (during.every(({ start }) => start.affects === 'redis' && start.process === null)) {
        withoutRedis += 1;
        if (outcome === 'ok') without.push(end - invoke.t);
        // A connection may be lost meanwhile; the product's own refusal to work without Redis may not be.
        if (outcome === 'info' && (code === 'UNAVAILABLE' || code === 'INTERNAL' || code === 'no answer')) {
          violations.push({
            t: invoke.t,
            what: `a send was not answered without Redis (${code}, ${String(Math.round(end - invoke.t))} ms)`,
          });
        }
      }
      const postgres = during.find(({ start }) => start.affects === 'postgres' && start.process === null);
      if (postgres === undefined || during.length > 1) continue;
      withoutPostgres += 1;
      if (
        end - invoke.t > FAILS_WITHIN_MS + SLACK_MS &&
        postgres.to - invoke.t > FAILS_WITHIN_MS + SLACK_MS
      ) {
        violations.push({
          t: invoke.t,
          what: `a send waited ${String(Math.round(end - invoke.t))} ms while PostgreSQL was down (${postgres.start.name})`,
        });
      }
      if (outcome === 'info' && code === 'INTERNAL') {
        violations.push({ t: invoke.t, what: `a send was answered INTERNAL while PostgreSQL was down` });
      }
      if (outcome === 'fail' && code !== 'NOT_FOUND' && code !== 'TOKEN_EXPIRED') {
        violations.push({
          t: invoke.t,
          what: `a send was refused as ${code}, not retryable, while PostgreSQL was down`,
        });
      }
    }
    without.sort((left, right) => left - right);
    const p99 = percentile(without, 0.99);
    if (p99 > WITHOUT_REDIS_P99_MS)
      violations.push({
        t: 0,
        what: `without Redis, 1 of 100 sends took more than ${String(Math.round(p99))} ms`,
      });
    let slowest = 0;
    let seen = 0;
    let later = 0;
    for (const { fault, until, sendRecoveryMs, isSeen, heldUpLater } of recoveries(recorded)) {
      if (fault.start.affects !== 'postgres' && fault.start.affects !== 'redis') continue;
      slowest = Math.max(slowest, sendRecoveryMs);
      later += heldUpLater;
      // Where the next fault came first, nothing is known but that it had not recovered by then.
      if (isSeen) seen += 1;
      if (sendRecoveryMs > RECOVERS_WITHIN_MS) {
        violations.push({
          t: fault.to,
          what: `${fault.start.name}: sends were held up for ${String(sendRecoveryMs)} ms after the heal (of ${String(Math.round(until - fault.to))} ms watched)`,
        });
      }
    }
    return {
      figures: {
        sendsWithoutRedis: withoutRedis,
        p99WithoutRedisMs: Math.round(p99),
        sendsWithoutPostgres: withoutPostgres,
        recoveriesSeen: seen,
        slowestRecoveryMs: slowest,
        heldUpLater: later,
      },
      violations,
    };
  },
};
