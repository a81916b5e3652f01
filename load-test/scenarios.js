// @ts-check
// What each scenario asks of the server, as numbers, and the k6 options that follow from them. Nothing here is k6's own, so that
// a test can read it too.

/** People of one conversation. Each holds a socket, and each message goes to all of them. */
export const PEOPLE = 4;
/** People who are in every conversation, hold no socket, and only read. */
export const READERS = 2;
/** A visit that ends late still has its conversation for itself: this long after its planned end. */
const SLACK_SECONDS = 8;
/** Users of k6 that sign in and out, and that send files. */
const OTHERS = 2;
/** Points of time that the charts show. k6 adds up each one by itself, so they are few. */
const SLOTS_MAX = 30;

/**
 * @typedef {{ seconds: number, to: number }} Stage `to` is the part of the full rate that is reached at its end.
 * @typedef {{ about: string, rate: number, every: number, visit: number, start: number, stages: Stage[] }} Shape
 *   `rate`: messages a second at the height; `every`: seconds between two messages of one person; `visit`: seconds that people
 *   stay; `start`: the part of the rate that it begins with.
 * @typedef {Shape & {
 *   name: string, visitsPerMinute: number, readsPerMinute: number, conversations: number, readings: number, groups: number, seconds: number, slotSeconds: number, slots: number,
 *   scale: number,
 * }} Plan `conversations`: so many at once; `readings` too; `groups`: one for each of k6's users; `scale`: the RATE_LIMIT_SCALE that the servers need; 1: none.
 */

/** @type {Readonly<Record<string, Shape>>} */
export const SHAPES = {
  smoke: {
    about: 'Does everything work? Two conversations at a time, half a minute.',
    rate: 8,
    every: 1,
    visit: 10,
    start: 1,
    stages: [{ seconds: 30, to: 1 }],
  },
  load: {
    about: 'A working day at its busiest, as an install of some hundred people sees it. Three minutes.',
    rate: 40,
    every: 1,
    visit: 20,
    start: 1,
    stages: [{ seconds: 180, to: 1 }],
  },
  stress: {
    about: 'More and more, in eight steps, until answers get slow: how much is too much?',
    rate: 800,
    every: 0.25,
    visit: 20,
    start: 0.125,
    stages: [1, 2, 3, 4, 5, 6, 7, 8].flatMap((step) => [
      { seconds: 5, to: step / 8 },
      { seconds: 35, to: step / 8 },
    ]),
  },
  spike: {
    about:
      'Quiet, then ten times as much within five seconds, then quiet: does it bend, and does it come back?',
    rate: 300,
    every: 0.25,
    visit: 10,
    start: 0.1,
    stages: [
      { seconds: 30, to: 0.1 },
      { seconds: 5, to: 1 },
      { seconds: 40, to: 1 },
      { seconds: 5, to: 0.1 },
      { seconds: 60, to: 0.1 },
    ],
  },
  soak: {
    about: 'Half of `load` for an hour: does anything grow, leak or get slower?',
    rate: 20,
    every: 1,
    visit: 20,
    start: 1,
    stages: [{ seconds: 3_600, to: 1 }],
  },
};

/** What a default install allows: messages a minute a person, accounts an hour an address. */
const DEFAULT_MESSAGES_PER_MINUTE = 100;
const DEFAULT_REGISTRATIONS_PER_HOUR = 300;

/** @param {string} text @param {string} name */
function positive(text, name) {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`${name} takes a number above 0`);
  return number;
}

/**
 * @param {Readonly<Record<string, string | undefined>>} environment of `-e NAME=value`
 * @returns {Plan}
 */
export function planOf(environment) {
  const name = environment['SCENARIO'] ?? 'load';
  const shape = SHAPES[name];
  if (!shape) throw new Error(`SCENARIO takes one of ${Object.keys(SHAPES).join(', ')}`);
  const rate = environment['RATE'] === undefined ? shape.rate : positive(environment['RATE'], 'RATE');
  const planned = shape.stages.reduce((sum, stage) => sum + stage.seconds, 0);
  const asked =
    environment['DURATION'] === undefined ? planned : positive(environment['DURATION'], 'DURATION');
  // Each stage keeps its part of the whole.
  const stages = shape.stages.map((stage) => ({
    ...stage,
    seconds: Math.max(1, Math.round((stage.seconds * asked) / planned)),
  }));
  const perVisit = (PEOPLE * shape.visit) / shape.every;
  const visitsPerMinute = Math.max(1, Math.round((60 * rate) / perVisit));
  const conversations = Math.ceil((visitsPerMinute / 60) * (shape.visit + SLACK_SECONDS));
  const readsPerMinute = Math.max(60, Math.round(rate * 6));
  const readings = Math.max(2, Math.ceil(readsPerMinute / 240));
  // Each user of k6 has a group to itself, whichever scenario it works for: people are then signed in by one user alone.
  const groups = conversations + readings + OTHERS;
  const seconds = stages.reduce((sum, stage) => sum + stage.seconds, 0) + shape.visit;
  const slotSeconds = Math.ceil(seconds / SLOTS_MAX);
  const needed = Math.max(
    60 / shape.every / DEFAULT_MESSAGES_PER_MINUTE,
    (groups * PEOPLE + READERS) / DEFAULT_REGISTRATIONS_PER_HOUR,
  );
  return {
    ...shape,
    name,
    // What is asked for in whole visits a minute.
    rate: (visitsPerMinute * perVisit) / 60,
    stages,
    visitsPerMinute,
    readsPerMinute,
    conversations,
    readings,
    groups,
    seconds,
    slotSeconds,
    slots: Math.ceil(seconds / slotSeconds),
    // With room for some runs.
    scale: needed <= 1 ? 1 : Math.max(20, Math.ceil(needed * 4)),
  };
}

/** @param {number} slot */
export const slotName = (slot) => String(slot).padStart(2, '0');

/** Requests whose times the report tells, by the `name` they are tagged with. */
export const REQUESTS = {
  register: 'POST /auth/register',
  login: 'POST /auth/login',
  logout: 'POST /auth/logout',
  open: 'GET /conversations/:id/messages (newest)',
  history: 'GET /conversations/:id/messages (older)',
  conversations: 'GET /conversations',
  changes: 'GET /conversations/:id/changes',
  upload: 'POST /uploads … complete',
};

/** What can fail, as it is tagged, beside the requests. */
export const FAILURES = {
  connect: 'connecting a socket',
  send: 'sending a message',
  store: 'putting a file into the store',
  ...REQUESTS,
};

/** The figures that decide, each with what it says. Other thresholds exist only to have k6 add a figure up by itself. */
export const LIMITS = {
  parley_ack_ms: { threshold: 'p(95)<100', says: '95 % of messages are acknowledged within 100 ms' },
  parley_delivery_ms: { threshold: 'p(95)<100', says: '95 % reach each other person within 100 ms' },
  'http_req_duration{name:history}': {
    threshold: 'p(95)<100',
    says: '95 % of history pages are answered within 100 ms',
  },
  parley_errors: { threshold: 'rate<0.001', says: 'less than 0.1 % of sends, requests and connections fail' },
  parley_lost: { threshold: 'count==0', says: 'every acknowledged message is in the history' },
  parley_undelivered: {
    threshold: 'count==0',
    says: 'every acknowledged message reached every person in the conversation',
  },
  parley_doubled: { threshold: 'count==0', says: 'no message came twice' },
  parley_disordered: { threshold: 'count==0', says: 'everybody saw one order, without holes' },
  parley_acked: { threshold: 'count>0', says: 'something was measured' },
  parley_rate_limited: { threshold: 'count==0', says: 'the rate limits did not stand in the way' },
};

/** Figures that are also added up for each slot of time. */
const OVER_TIME = {
  parley_sent: 'count>=0',
  parley_ack_ms: 'max>=0',
  parley_delivery_ms: 'max>=0',
  parley_errors: 'rate>=0',
};

/**
 * Visits come at their rate whatever the server does: a slow one does not get less to do.
 * @param {Plan} plan @param {number} perMinute at the height @param {number} vus
 */
function arrivals(plan, perMinute, vus) {
  const common = { timeUnit: '1m', preAllocatedVUs: vus, maxVUs: vus * 2, gracefulStop: '120s' };
  const [only, ...others] = plan.stages;
  if (only && others.length === 0) {
    return { executor: 'constant-arrival-rate', rate: perMinute, duration: `${only.seconds}s`, ...common };
  }
  return {
    executor: 'ramping-arrival-rate',
    startRate: Math.max(1, Math.round(perMinute * plan.start)),
    stages: plan.stages.map(({ seconds, to }) => ({
      duration: `${seconds}s`,
      target: Math.max(1, Math.round(perMinute * to)),
    })),
    ...common,
  };
}

/** @param {Plan} plan */
export function optionsOf(plan) {
  /** @type {Record<string, string[]>} */
  const thresholds = {};
  for (const [metric, { threshold }] of Object.entries(LIMITS)) thresholds[metric] = [threshold];
  for (const name of Object.keys(REQUESTS)) {
    const metric = `http_req_duration{name:${name}}`;
    thresholds[metric] ??= ['max>=0'];
  }
  for (const what of Object.keys(FAILURES)) thresholds[`parley_errors{what:${what}}`] = ['rate>=0'];
  for (const [metric, threshold] of Object.entries(OVER_TIME)) {
    for (let slot = 0; slot < plan.slots; slot += 1) {
      thresholds[`${metric}{slot:${slotName(slot)}}`] = [threshold];
    }
  }
  return {
    scenarios: {
      conversations: { ...arrivals(plan, plan.visitsPerMinute, plan.conversations), exec: 'converse' },
      history: { ...arrivals(plan, plan.readsPerMinute, plan.readings), exec: 'readHistory' },
      // At most 60 sign-ins a minute are allowed from one address.
      accounts: { ...arrivals(plan, 12, 1), exec: 'signInAndOut' },
      uploads: { ...arrivals(plan, 12, 1), exec: 'upload' },
    },
    thresholds,
    summaryTrendStats: [
      ...['avg', 'min', 'med', 'p(75)', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'max', 'count'],
    ],
    setupTimeout: '10m',
  };
}
