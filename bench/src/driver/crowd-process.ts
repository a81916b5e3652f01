// A process of its own full of people who live: they write, type, read, look who is there, and come back when they are cut.
import { monotonicMicros } from '../machine/monotonic.js';
import type { CrowdCounts, CrowdOrders, JoinOrder, Joined, LiveOrder, Lived } from './crowd-orders.js';
import { CrowdPerson } from './crowd-person.js';
import { CrowdTally } from './crowd-tally.js';
import { newHistogram, packed, record } from './histogram.js';
import { openLoop } from './open-loop.js';
import { obey } from './order-messages.js';

/** Somebody types so long before the message is sent. */
const TYPING_MS = 1_500;
/** A prime: everybody's turn comes, and neighbours do not act together. */
const STRIDE = 7_919;

class Crowd {
  private readonly tally = new CrowdTally();
  private readonly people: CrowdPerson[] = [];
  private textLength = 100;

  async join({ people, atOnce, sources }: JoinOrder): Promise<Joined> {
    const began = performance.now();
    const queue = people.map(
      (order, index) =>
        new CrowdPerson(order, sources[index % sources.length], this.tally, () => this.textLength),
    );
    this.people.push(...queue);
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await next.join();
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return { joined: people.length, ms: performance.now() - began };
  }

  private person(index: number): CrowdPerson {
    const person = this.people[(index * STRIDE) % this.people.length];
    if (!person) throw new Error('There is nobody');
    return person;
  }

  async live({ name, durationMs, textLength, sends, reads, presences }: LiveOrder): Promise<Lived> {
    this.textLength = textLength;
    const lag = newHistogram();
    const toAck = newHistogram();
    const late = (intended: number): void => record(lag, monotonicMicros() - intended);
    const ahead = Math.ceil((sends * TYPING_MS) / 1_000);
    /** The turns go on from one conversation to the next. */
    const round = (index: number): number => Math.floor(index / this.people.length) + (index % 7);
    const [sent] = await Promise.all([
      openLoop(sends, durationMs, (index, intended) => {
        late(intended);
        const typist = this.person(index + ahead);
        void typist.act('typing:start', { conversationId: typist.conversation(round(index + ahead)) });
        const person = this.person(index);
        const id = `${name}-${String(person.number)}-${String(index)}`;
        person.send(person.conversation(round(index)), id, intended, () =>
          record(toAck, monotonicMicros() - intended),
        );
      }),
      openLoop(reads, durationMs, (index, intended) => {
        late(intended);
        void this.person(index + 1).read();
      }),
      openLoop(presences, durationMs, (index, intended) => {
        late(intended);
        const status = index % (2 * this.people.length) < this.people.length ? 'away' : 'online';
        void this.person(index).act('presence:set', { status });
      }),
    ]);
    return { sent, lag: packed(lag), toAck: packed(toAck) };
  }

  count({ andReset }: { readonly andReset: boolean }): CrowdCounts {
    const counts = this.tally.read({
      open: this.people.reduce((sum, { open }) => sum + open, 0),
      away: this.people.filter(({ isSettled }) => !isSettled).length,
    });
    if (andReset) this.tally.reset();
    return counts;
  }

  held(): CrowdOrders['held']['answer'] {
    return this.people.map(({ number, held }) => [number, held]);
  }
}

const crowd = new Crowd();
obey<CrowdOrders>({
  join: (order) => crowd.join(order),
  live: (order) => crowd.live(order),
  count: (order) => crowd.count(order),
  held: () => crowd.held(),
});
