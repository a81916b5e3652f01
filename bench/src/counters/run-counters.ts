import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { accessToken } from '../ground/access-token.js';
import type { Cluster } from '../ground/cluster.js';
import { writeCallsOf } from '../machine/process-table.js';
import { World } from '../workload.js';
import type { CountedInstance } from './counted-instance.js';
import { CountedPerson } from './counted-person.js';
import type { OperationName } from './expected.js';
import {
  IDLE,
  IDLE_PEOPLE,
  LAST_A_SWEEP,
  MEMBERS,
  OPERATIONS,
  WATCHED_PEOPLE,
  WRITES_PER_SEND,
} from './expected.js';
import type { Finding } from './judge.js';
import { judgeIdle, judgeOperation, leastOf } from './judge.js';
import type { Counted } from './tally.js';
import { Tally } from './tally.js';

export const COUNTERS_WORLD = new World(9, { users: IDLE_PEOPLE, roomsPerUser: 10, membersPerRoom: MEMBERS });

/** Its members are on both instances; so are those of the two after it. */
const SHARED_ROOM = 0;
/** Its members are on the first alone. */
const OWN_ROOM = 20;
const TEXT = 'x'.repeat(100);

const IDLE_MS = 20_000;
/** A machine that stands still for 2 s is no fault of the idle instance. A third time it is. */
const IDLE_TIMES = 3;
/** Doubt lasts for at least 10 s, so none is overlooked. */
const DOUBT_ASKED_EVERY_MS = 2_500;
const SETTLES_WITHIN_MS = 30_000;
/** The slowest of what is waited for is a sweep that comes every 4 s and leaves out the last second. */
const HAPPENS_WITHIN_MS = 12_000;
/** What is too much comes close behind what is expected. */
const GRACE_MS = 60;

/** Does things on two real instances, one at a time, and counts what each of them makes the instances do. */
export class CountersRun {
  private readonly frames = new Tally();
  private readonly people: CountedPerson[] = [];
  private readonly findings: Finding[] = [];
  private messages = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly taps: readonly CountedInstance[],
    private readonly secret: string,
    private readonly say: (line: string) => void,
  ) {}

  static newSecret(): string {
    return randomBytes(48).toString('base64url');
  }

  async all(): Promise<Finding[]> {
    try {
      await this.connects();
      await this.sends();
      await this.commands();
      await this.idle();
      return this.findings;
    } finally {
      for (const person of this.people) person.close();
    }
  }

  private async connects(): Promise<void> {
    this.say('connecting people');
    const { senders } = COUNTERS_WORLD.layout;
    await this.operation('connect, first of its rooms', senders, 1, () => this.connect());
    // So that the sweep that follows a first message is over when the messages of this room are counted.
    await this.send(OWN_ROOM);
    await this.operation('connect, its rooms known', 6, 5, () => this.connect());
    while (this.people.length < IDLE_PEOPLE) await this.connect();
    this.people.push(await this.connected(1, 0));
  }

  private async sends(): Promise<void> {
    this.say('sending');
    await this.operation('first message since a room is held', 3, 1, (time) => this.send(SHARED_ROOM + time));
    await this.operation('send, a room on both instances', 6, 5, () => this.send(SHARED_ROOM));
    const writes: number[] = [];
    await this.operation('send, a room on one instance', 6, 5, async () => {
      const before = this.writes();
      const arrived = this.frames.now().get('frames: changes') ?? 0;
      await this.send(OWN_ROOM);
      await this.until(() => (this.frames.now().get('frames: changes') ?? 0) >= arrived + MEMBERS);
      writes.push(this.writes() - before);
    });
    const measured = Math.min(...writes);
    const { count, because } = WRITES_PER_SEND;
    this.findings.push({
      where: 'send, a room on one instance',
      what: 'api-1 system calls that write',
      measured,
      from: count,
      to: count,
      because,
      passed: measured === count,
    });
  }

  private async commands(): Promise<void> {
    this.say('typing and reading');
    const members = this.membersOf(SHARED_ROOM);
    const conversationId = COUNTERS_WORLD.conversationId(SHARED_ROOM);
    await this.operation('typing:start', 5, 1, async (time) => {
      await this.person(members[time]).command('typing:start', { conversationId });
    });
    const { message } = await this.person(members[0]).command('message:send', {
      conversationId,
      clientMessageId: 'the-one-that-is-read',
      text: TEXT,
    });
    await this.operation('conversation:read', 5, 1, async (time) => {
      await this.person(members[time + 5]).command('conversation:read', { conversationId, seq: message.seq });
    });
  }

  private async idle(): Promise<void> {
    this.say(`doing nothing for ${IDLE_MS / 1_000} s`);
    const others = this.membersOf(SHARED_ROOM).slice(1, 1 + WATCHED_PEOPLE);
    const userIds = others.map((user) => COUNTERS_WORLD.userId(user));
    await this.person(0).command('presence:watch', { userIds });
    for (let time = 1; ; time += 1) {
      const { counted, elapsed, isDoubted } = await this.nothing();
      if (!isDoubted || time === IDLE_TIMES) {
        this.findings.push(...judgeIdle('idle', IDLE, counted, elapsed));
        return;
      }
      this.say('the machine stood still for so long that instances doubted the bus; once more');
    }
  }

  private async nothing(): Promise<{ counted: Counted; elapsed: number; isDoubted: boolean }> {
    await this.until(async () => !(await this.doubtsTheBus()), SETTLES_WITHIN_MS);
    const pings = (): number => this.people.reduce((sum, person) => sum + person.pings, 0);
    const before = this.now();
    const pingsBefore = pings();
    const began = performance.now();
    let isDoubted = false;
    while (performance.now() - began < IDLE_MS) {
      await pause(DOUBT_ASKED_EVERY_MS);
      isDoubted ||= await this.doubtsTheBus();
    }
    const counted = new Map([...this.since(before), ['pings', pings() - pingsBefore] as const]);
    return { counted, elapsed: performance.now() - began, isDoubted };
  }

  /** Whether an instance reads from PostgreSQL what others tell, as something may not have arrived. */
  private async doubtsTheBus(): Promise<boolean> {
    const metrics = await Promise.all(
      this.cluster.instances.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()),
    );
    return metrics.some((text) => !/^parley_bus_doubted(\{.*\})? 0$/m.test(text));
  }

  /** `act` is told how often it was called before. */
  private async operation(
    name: OperationName,
    batches: number,
    timesEach: number,
    act: (time: number) => Promise<void>,
  ): Promise<void> {
    const costs = OPERATIONS[name];
    const counts: Counted[] = [];
    let time = 0;
    for (let batch = 0; batch < batches; batch += 1) {
      const before = this.now();
      for (let index = 0; index < timesEach; index += 1) {
        await act(time);
        time += 1;
      }
      await this.until(() => {
        const counted = this.since(before);
        return Object.entries(costs).every(
          ([what, { count }]) => (counted.get(what) ?? 0) >= count * timesEach,
        );
      });
      await pause(GRACE_MS);
      counts.push(this.since(before));
    }
    const least = leastOf(counts);
    const counted = LAST_A_SWEEP.has(name) ? withoutRecurring(least) : least;
    this.findings.push(...judgeOperation(name, costs, counted, timesEach));
  }

  /** Waits; what has not come by then is missing, and its count will say so. */
  private async until(isSo: () => boolean | Promise<boolean>, withinMs = HAPPENS_WITHIN_MS): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!(await isSo()) && performance.now() < deadline) await pause(5);
  }

  private async connect(): Promise<void> {
    this.people.push(await this.connected(0, this.people.length));
  }

  private connected(instance: number, user: number): Promise<CountedPerson> {
    const token = accessToken(this.secret, COUNTERS_WORLD.userId(user), COUNTERS_WORLD.sessionId(user));
    const url = this.cluster.instances[instance]?.url;
    if (url === undefined) throw new Error(`There is no instance ${instance}`);
    return CountedPerson.connect(url, { token }, this.frames);
  }

  private person(user: number | undefined): CountedPerson {
    const person = user === undefined ? undefined : this.people[user];
    if (!person) throw new Error('Nobody is connected by that number');
    return person;
  }

  private async send(room: number): Promise<void> {
    this.messages += 1;
    await this.person(this.membersOf(room)[0]).command('message:send', {
      conversationId: COUNTERS_WORLD.conversationId(room),
      // Of one length, so that frames are.
      clientMessageId: `count-${String(this.messages).padStart(6, '0')}`,
      text: TEXT,
    });
  }

  private membersOf(room: number): number[] {
    return COUNTERS_WORLD.layout.roomsOf.flatMap((rooms, user) => (rooms.includes(room) ? [user] : []));
  }

  private writes(): number {
    const pid = this.cluster.instances[0]?.pid;
    return pid == null ? 0 : writeCallsOf(pid);
  }

  private now(): Counted[] {
    return [this.frames.now(), ...this.taps.map((tap) => tap.now())];
  }

  private since([frames = new Map(), ...taps]: readonly Counted[]): Counted {
    return new Map([
      ...this.frames.since(frames),
      ...this.taps.flatMap((tap, index) => [...tap.since(taps[index] ?? new Map())]),
    ]);
  }
}

function withoutRecurring(counted: Counted): Counted {
  return new Map([...counted].filter(([what]) => !(what in IDLE)));
}
