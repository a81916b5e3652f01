/**
 * What Parley does for each thing that people do, counted exactly, and why it is not less. A change that makes it more must
 * say so here. Names are those of counted-instance.ts and counted-person.ts; what does not stand here must not happen.
 */

/** Everybody's room has this many members, all connected to api-1. */
export const MEMBERS = 20;
/** One of the two rooms in which people talk has a member on api-2 too, with a second device. */
export const SHARED_DEVICES = MEMBERS + 1;

export interface Cost {
  readonly count: number;
  readonly because: string;
}
export type Costs = Readonly<Record<string, Cost>>;

const once = (because: string): Cost => ({ count: 1, because });
const times = (count: number, because: string): Cost => ({ count, because });

const connectCosts: Costs = {
  'api-1 SQL: SELECT sessions': once('the session behind the token must still be open'),
  'api-1 SQL: SELECT members': once('all rooms of a person in one look-up'),
  'api-1 SQL: SELECT epoch': once('a restored database must be noticed by whoever comes back'),
  'api-1 Redis: hset': once('how the person is on this instance, and when that was'),
  'api-1 Redis: sadd': once('of whom this instance speaks, for those who clear up after it'),
  'api-1 Redis: pexpire': once('presence is forgotten after a month'),
};

/** The room's frame to each device, and the ack. */
const MESSAGE_BYTES = 678;
const ACK_BYTES = 593;

const sendCosts: Costs = {
  'api-1 SQL: SELECT send_messages': once(
    'one call looks up, numbers and writes; it is the whole transaction',
  ),
  'api-1 Redis: publish parley:room': once('one message on the bus, whoever listens'),
  'api-1 bus: parley:room': once('the echo: Redis gives a publisher that listens its own message'),
  'frames: ack': once('every command is answered once'),
  'bytes: ack without its budget': times(ACK_BYTES, 'the stored message'),
};

const budgetCosts: Costs = { 'api-1 Redis: evalsha': once('the budget that all instances share') };

/** By operation: what one of it costs. */
export const OPERATIONS = {
  'connect, first of its rooms': {
    ...connectCosts,
    'api-1 Redis: subscribe': times(
      2,
      "the person's and session's own channels; then those of all rooms at once",
    ),
  },
  'connect, its rooms known': {
    ...connectCosts,
    'api-1 Redis: subscribe': once(
      "the person's and session's own channels in one command; the rooms are heard already",
    ),
  },
  'send, a room on one instance': {
    ...sendCosts,
    ...budgetCosts,
    'frames: changes': times(MEMBERS, 'one a device'),
    'bytes: changes': times(
      MEMBERS * MESSAGE_BYTES,
      `the message and where it stands in its log, ${MESSAGE_BYTES} bytes`,
    ),
  },
  'send, a room on both instances': {
    ...sendCosts,
    ...budgetCosts,
    'api-2 bus: parley:room': once('the bus reaches an instance with a member, and costs it no query'),
    'frames: changes': times(SHARED_DEVICES, 'one a device'),
    'bytes: changes': times(
      SHARED_DEVICES * MESSAGE_BYTES,
      `the same ${MESSAGE_BYTES} bytes on every instance`,
    ),
  },
  'first message since a room is held': {
    // Not the budget: beats of presence, which come meanwhile, are scripts too.
    ...sendCosts,
    'api-2 bus: parley:room': once('the bus reaches an instance with a member'),
    'frames: changes': times(
      SHARED_DEVICES,
      'one a device: what came before it was read by whoever connected',
    ),
    'bytes: changes': times(SHARED_DEVICES * MESSAGE_BYTES, 'the message alone'),
  },
  'typing:start': {
    // No statement: the room of the socket says that it is a member, and the size is known for a minute.
    'api-1 Redis: evalsha': once('the list is changed and read in one script'),
    'api-1 Redis: publish parley:room': once('one message on the bus'),
    'api-1 bus: parley:room': once('the echo'),
    'api-2 bus: parley:room': once('a member is there'),
    'frames: ack': once('every command is answered once'),
    'bytes: ack without its budget': times(23, 'that it was done'),
    'frames: typing': times(SHARED_DEVICES, 'one a device'),
  },
  'conversation:read': {
    'api-1 SQL: SELECT advance_pointers': once(
      'one call moves the pointers of all who read within 50 ms, and counts what is left unread',
    ),
    'api-1 Redis: publish parley:room': once('one message on the bus'),
    'api-1 bus: parley:room': once('the echo'),
    'api-2 bus: parley:room': once('a member is there'),
    'frames: ack': once('every command is answered once'),
    'bytes: ack without its budget': times(51, 'where the pointer is now, and how much is unread'),
    'frames: receipts': times(SHARED_DEVICES, 'one a device, a while later: several readers share it'),
  },
} as const satisfies Record<string, Costs>;
export type OperationName = keyof typeof OPERATIONS;

/** These end with a sweep: whatever comes every few seconds comes meanwhile, and is judged where nothing else happens. */
export const LAST_A_SWEEP: ReadonlySet<OperationName> = new Set(['first message since a room is held']);

/**
 * What no operation is charged with: bytes that differ each time (the frames count), pulses, beats and reports, which come all
 * the time and name who came and went since the last, and the hint about who came, which all who move within 250 ms share.
 */
export const UNCOUNTED: ReadonlySet<string> = new Set([
  'bytes: typing',
  'bytes: receipts',
  ...['api-1', 'api-2'].flatMap((name) => [
    `${name} bus: parley:pulse`,
    `${name} Redis: publish parley:pulse`,
    `${name} Redis: publish parley:presence`,
    `${name} Redis: set`,
    `${name} Redis: sadd`,
    `${name} Redis: srem`,
    `${name} Redis: get`,
    `${name} Redis: del`,
  ]),
]);

/** In system calls of api-1 that write, for a send to one room on this instance: each delivery is one, and little is added. */
export const WRITES_PER_SEND = {
  count: MEMBERS + 4,
  because: 'a device each, the ack, PostgreSQL, and Redis twice',
};

/** What happens by itself while 100 people are connected and do nothing. */
export interface Recurring {
  readonly everyMs: number;
  /** How many each time. */
  readonly each: number;
  readonly because: string;
}

export const IDLE_PEOPLE = 100;
/** One of them has this many others on the screen. */
export const WATCHED_PEOPLE = 5;

const everyInstance = (name: string): Readonly<Record<string, readonly Recurring[]>> => ({
  [`${name} Redis: publish parley:pulse`]: [
    { everyMs: 500, each: 1, because: 'a bus that falls silent is noticed within 2 s' },
  ],
  [`${name} bus: parley:pulse`]: [{ everyMs: 500, each: 2, because: 'the pulses of both instances' }],
  [`${name} SQL: SELECT sessions`]: [
    { everyMs: 2_000, each: 1, because: 'sessions that were ended elsewhere, all in one query' },
  ],
  // The clock of sweeps looks at who is still writing.
  [`${name} SQL: SELECT pg_stat_activity`]: [
    { everyMs: 2_000, each: 1, because: 'the sweep of sessions begins' },
    { everyMs: 2_000, each: 1, because: 'the sweep of memberships begins' },
    { everyMs: 4_000, each: 1, because: 'the sweep of heads begins' },
  ],
  [`${name} SQL: SELECT members`]: [
    { everyMs: 2_000, each: 1, because: 'memberships that moved, all in one query' },
  ],
  [`${name} SQL: SELECT outbox`]: [
    { everyMs: 4_000, each: 1, because: 'conversations that moved, all in one query' },
  ],
  [`${name} Redis: evalsha`]: [
    {
      everyMs: 5_000,
      each: 1,
      because: 'the lease of the instance, under which it speaks of all its people',
    },
  ],
  [`${name} Redis: pexpire`]: [
    { everyMs: 2_000, each: 1, because: 'who is connected here, for the figures of all instances' },
  ],
  [`${name} Redis: set`]: [{ everyMs: 2_000, each: 1, because: 'the report for those figures' }],
  [`${name} Redis: sadd`]: [{ everyMs: 2_000, each: 1, because: 'that there is a report' }],
  [`${name} Redis: get`]: [
    { everyMs: 2_000, each: 1, because: 'whether somebody changed the level of the log' },
  ],
});

/** Somebody watches others there: whether they still may is asked where somebody has left something, which nobody does here. */
const watchedInstance = everyInstance('api-1');

export const IDLE: Readonly<Record<string, readonly Recurring[]>> = {
  ...watchedInstance,
  ...Object.fromEntries(
    [
      { name: 'api-1 SQL: SELECT pg_stat_activity', because: 'the check of who may watch begins' },
      { name: 'api-1 SQL: SELECT members', because: 'who has left something, all in one query' },
    ].map(({ name, because }) => [
      name,
      [...(watchedInstance[name] ?? []), { everyMs: 2_000, each: 1, because }],
    ]),
  ),
  ...everyInstance('api-2'),
  // A look at all who are watched, should a hint have been lost; it takes the time and the leases with it.
  ...Object.fromEntries(
    [
      { command: 'hgetall', each: WATCHED_PEOPLE },
      { command: 'time', each: 1 },
      { command: 'zrange', each: 1 },
    ].map(({ command, each }) => [
      `api-1 Redis: ${command}`,
      [{ everyMs: 60_000, each, because: 'the net below hints: people whom somebody watches' }],
    ]),
  ),
  pings: [
    {
      everyMs: 10_000,
      each: IDLE_PEOPLE + 1,
      because: 'one a device: what keeps it in proxies, and finds it dead',
    },
  ],
};
