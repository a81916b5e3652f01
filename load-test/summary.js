// @ts-check
// The figures of a run, out of what k6 hands over at its end.
import { FAILURES, LIMITS, REQUESTS, slotName } from './scenarios.js';

/**
 * @typedef {Record<string, { type: string, contains: string, values: Record<string, number>, thresholds?: Record<string, { ok: boolean }> }>} Metrics
 * @typedef {{ count: number, avg: number, min: number, med: number, p75: number, p90: number, p95: number, p99: number, p999: number, max: number }} Times
 * @typedef {{
 *   from: number, offeredPerSecond: number, acknowledgedPerSecond: number, deliveriesPerSecond: number, errors: number,
 *   ackMs: Times | null, deliveryMs: Times | null,
 * }} Slot `from`: seconds after the first visit.
 * @typedef {ReturnType<typeof summaryOf>} Summary
 */

/** @param {Metrics} metrics @param {string} name @returns {Times | null} */
function timesOf(metrics, name) {
  const values = metrics[name]?.values;
  if (!values || !values['count']) return null;
  /** @param {string} key */
  const of = (key) => Math.round((values[key] ?? 0) * 100) / 100;
  return {
    count: values['count'],
    avg: of('avg'),
    min: of('min'),
    med: of('med'),
    p75: of('p(75)'),
    p90: of('p(90)'),
    p95: of('p(95)'),
    p99: of('p(99)'),
    p999: of('p(99.9)'),
    max: of('max'),
  };
}

/** @param {Metrics} metrics @param {string} name @param {string} [key] */
const figure = (metrics, name, key = 'count') => metrics[name]?.values[key] ?? 0;

/** @param {Metrics} metrics @param {string} metric @param {string} threshold */
function measured(metrics, metric, threshold) {
  if (threshold.startsWith('p(95)')) {
    const times = timesOf(metrics, metric);
    return times ? `${times.p95.toFixed(1)} ms` : 'nothing measured';
  }
  if (threshold.startsWith('rate')) return `${(figure(metrics, metric, 'rate') * 100).toFixed(3)} %`;
  const count = figure(metrics, metric);
  return count === 0 ? 'none' : String(count);
}

/**
 * @param {{ metrics: Metrics, setup_data?: { uploads: boolean, madeAdmin: string | null } }} data
 * @param {import('./scenarios.js').Plan} plan @param {string} baseUrl
 */
export function summaryOf({ metrics, setup_data: setup }, plan, baseUrl) {
  const limits = Object.entries(LIMITS).map(([metric, { threshold, says }]) => ({
    metric,
    threshold,
    says,
    measured: measured(metrics, metric, threshold),
    passed: metrics[metric]?.thresholds?.[threshold]?.ok === true,
  }));
  /** @type {Slot[]} */
  const timeline = Array.from({ length: plan.slots }, (_, slot) => {
    const tag = `{slot:${slotName(slot)}}`;
    const ackMs = timesOf(metrics, `parley_ack_ms${tag}`);
    const deliveryMs = timesOf(metrics, `parley_delivery_ms${tag}`);
    const from = slot * plan.slotSeconds;
    // The last may be cut short.
    const seconds = Math.min(plan.slotSeconds, plan.seconds - from);
    return {
      from,
      offeredPerSecond: figure(metrics, `parley_sent${tag}`) / seconds,
      acknowledgedPerSecond: (ackMs?.count ?? 0) / seconds,
      deliveriesPerSecond: (deliveryMs?.count ?? 0) / seconds,
      errors: figure(metrics, `parley_errors${tag}`, 'passes'),
      ackMs,
      deliveryMs,
    };
  });
  const requests = Object.entries(REQUESTS).flatMap(([name, route]) => {
    const times = timesOf(metrics, `http_req_duration{name:${name}}`);
    return times ? [{ name, route, times }] : [];
  });
  return {
    product: 'Parley',
    scenario: plan.name,
    about: plan.about,
    baseUrl,
    finishedAt: new Date().toISOString(),
    seconds: plan.seconds,
    slotSeconds: plan.slotSeconds,
    plan: {
      messagesPerSecond: plan.rate,
      conversations: plan.conversations,
      secondsBetweenMessagesOfAPerson: plan.every,
      secondsOfAVisit: plan.visit,
    },
    passed: limits.every(({ passed }) => passed),
    limits,
    messages: {
      offered: figure(metrics, 'parley_sent'),
      acknowledged: figure(metrics, 'parley_acked'),
      deliveries: figure(metrics, 'parley_delivery_ms'),
      mostPerSecond: Math.max(0, ...timeline.map(({ acknowledgedPerSecond }) => acknowledgedPerSecond)),
    },
    visits: figure(metrics, 'parley_visits'),
    /** Visits that should have begun and for which k6 had nobody left: the load was less than asked for. */
    visitsDropped: figure(metrics, 'dropped_iterations'),
    connectionsCut: figure(metrics, 'parley_cuts'),
    holesRepaired: figure(metrics, 'parley_repaired'),
    sustainedPerSecond: sustained(timeline),
    ackMs: timesOf(metrics, 'parley_ack_ms'),
    deliveryMs: timesOf(metrics, 'parley_delivery_ms'),
    connectMs: timesOf(metrics, 'parley_connect_ms'),
    uploadMs: timesOf(metrics, 'parley_upload_ms'),
    requests,
    failures: Object.entries(FAILURES).flatMap(([what, says]) => {
      const metric = `parley_errors{what:${what}}`;
      const failed = figure(metrics, metric, 'passes');
      return failed > 0 ? [{ what, says, failed, tried: failed + figure(metrics, metric, 'fails') }] : [];
    }),
    timeline,
    uploads: setup?.uploads ?? false,
    madeAdmin: setup?.madeAdmin ?? null,
  };
}

/**
 * The most messages a second up to the moment that answers became slow, which is what `stress` looks for; `null` where they never were.
 * @param {Slot[]} timeline
 */
function sustained(timeline) {
  const slow = timeline.findIndex(
    ({ ackMs, deliveryMs, errors }) =>
      (ackMs?.p95 ?? 0) >= 100 || (deliveryMs?.p95 ?? 0) >= 100 || errors > 0,
  );
  if (slow < 0) return null;
  return Math.max(0, ...timeline.slice(0, slow).map(({ acknowledgedPerSecond }) => acknowledgedPerSecond));
}
