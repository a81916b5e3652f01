import { attemptSend } from '../driver/outbox.js';
import type { Sending } from '../driver/outbox.js';
import type { Device } from '../driver/device.js';
import { sleep } from '../driver/outcome.js';
import type { Random } from '../random.js';
import type { Seen } from '../recording/entries.js';
import type { Recorder } from '../recording/recorder.js';
import {
  deleteMessage,
  editMessage,
  react,
  readHistory,
  readUpTo,
  record,
  rename,
  startTyping,
} from './act.js';
import type { Person, Population, Room } from './people.js';
import { signOutOnce } from './sign-outs.js';

export interface TrafficOptions {
  url: string;
  population: Population;
  recorder: Recorder;
  random: Random;
  actionsPerSecond: number;
  /** Addresses of single instances, for repeats that go past the proxy; empty on somebody's own install. */
  instanceUrls: () => { name: string; url: string }[];
  churnEveryMs: number;
  cutEveryMs: number;
  /** How often somebody signs in on one more device, whose session is then ended. */
  signOutEveryMs: number;
}

/** Of the sends: made a second time with the same id, elsewhere. From guarantees.md. */
const REPEATED = 0.2;
/** Of the texts: name somebody, or everybody. */
const MENTIONS = 0.15;
const MENTIONS_EVERYBODY = 0.02;
/** Of the sends: into the one conversation with nearly everybody. */
const HOT = 0.25;
const LIBRARY_SENDS_EVERY_MS = 500;
const EMOJI = ['👍', '🎉', '❤️', '👀'];

/** People doing what people do, at a given rate, until it is stopped. */
export class Traffic {
  private stopped = false;
  private running = new Set<Promise<unknown>>();
  private counter = 0;
  private readonly random: Random;

  constructor(private readonly options: TrafficOptions) {
    this.random = options.random;
  }

  start(): void {
    this.keep(
      this.everySoOften(1_000 / this.options.actionsPerSecond, () => {
        this.act();
      }),
    );
    const libraries = this.options.population.people.flatMap((person) => person.libraries);
    if (libraries.length > 0) {
      this.keep(
        this.everySoOften(LIBRARY_SENDS_EVERY_MS, () => {
          const library = this.random.pick(libraries);
          const conversation =
            library.conversations.length > 0 ? this.random.pick(library.conversations) : undefined;
          if (conversation !== undefined) library.send(conversation, this.text(library));
        }),
      );
    }
    if (this.options.churnEveryMs > 0) {
      for (const room of this.options.population.conversations)
        if (room.churn.length > 0) this.keep(this.churn(room));
    }
    if (this.options.cutEveryMs > 0)
      this.keep(
        this.everySoOften(this.options.cutEveryMs, () => {
          this.cutSomebody();
        }),
      );
    if (this.options.signOutEveryMs > 0)
      this.keep(
        this.everySoOften(this.options.signOutEveryMs, () => {
          this.keep(this.signSomebodyOut());
        }),
      );
  }

  /** No new actions; resolves when those that run have ended and the queues are empty, or after `withinMs`. */
  async stop(withinMs: number): Promise<boolean> {
    this.stopped = true;
    const end = Date.now() + withinMs;
    while (Date.now() < end && (this.running.size > 0 || this.waiting() > 0)) await sleep(50);
    const drained = this.running.size === 0 && this.waiting() === 0;
    for (const { devices } of this.options.population.people) for (const { outbox } of devices) outbox.stop();
    return drained;
  }

  private waiting(): number {
    let total = 0;
    for (const { devices, libraries } of this.options.population.people) {
      for (const { outbox } of devices) total += outbox.waiting;
      for (const library of libraries) total += library.waiting;
    }
    return total;
  }

  private keep(work: Promise<unknown>): void {
    this.running.add(work);
    void work.finally(() => this.running.delete(work));
  }

  private async everySoOften(ms: number, work: () => void): Promise<void> {
    while (!this.stopped) {
      // Exponential gaps: people do not take turns.
      await sleep(Math.min(ms * 5, -Math.log(1 - this.random.next()) * ms));
      if (!this.stopped) work();
    }
  }

  private cutSomebody(): void {
    const { device } = this.anyone();
    if (!device.stopped) device.cut(this.random.chance(0.5) ? 0 : this.random.between(500, 6_000));
  }

  private async signSomebodyOut(): Promise<void> {
    const { population, url, recorder } = this.options;
    const person = this.random.pick(population.people);
    this.counter += 1;
    await signOutOnce(person, `${person.name}/guest-${String(this.counter)}`, {
      url,
      recorder,
      random: this.random,
      conversation: population.conversations[0]?.id ?? '',
      stopped: () => this.stopped,
    });
  }

  private anyone(): Person['devices'][number] {
    const person = this.random.pick(
      this.options.population.people.filter(({ devices }) => devices.length > 0),
    );
    return this.random.pick(person.devices);
  }

  /** One message more, of somebody, somewhere. */
  sendSomething(): void {
    const owned = this.anyone();
    const rooms = openRooms(owned.device);
    if (rooms.length === 0) return;
    const [conversation, { window }] = this.random.pick(rooms);
    this.send(owned, conversation, [...(window?.messages.values() ?? [])]);
  }

  private act(): void {
    const owned = this.anyone();
    const { device } = owned;
    const roll = this.random.next();
    const rooms = openRooms(device);
    const hot = this.options.population.conversations[0]?.id ?? '';
    const room = this.random.chance(HOT)
      ? rooms.find(([id]) => id === hot)
      : rooms.length > 0
        ? this.random.pick(rooms)
        : undefined;
    if (room === undefined) return;
    const [conversation, { window }] = room;
    const messages = [...(window?.messages.values() ?? [])];
    if (roll < 0.6) {
      this.send(owned, conversation, messages);
      return;
    }
    const how = device.live && this.random.chance(0.6) ? 'socket' : 'rest';
    const { recorder } = this.options;
    const texts = messages.filter(({ kind }) => kind === 'text');
    const own = texts.filter(({ sender }) => sender === device.userId);
    if (roll < 0.7 && own.length > 0) {
      const where = { conversation, messageId: this.random.pick(own).id };
      this.keep(editMessage(device, recorder, where, this.text(device, 'edited '), how));
    } else if (roll < 0.74 && own.length > 0) {
      this.keep(deleteMessage(device, recorder, { conversation, messageId: this.random.pick(own).id }, how));
    } else if (roll < 0.84 && texts.length > 0) {
      const where = { conversation, messageId: this.random.pick(texts).id };
      this.keep(react(device, recorder, where, this.random.pick(EMOJI), this.random.chance(0.75), how));
    } else if (roll < 0.94) {
      const top = messages.reduce((highest, { seq }) => Math.max(highest, seq), 0);
      if (top > 0)
        this.keep(
          readUpTo(device, recorder, conversation, this.random.between(Math.max(1, top - 5), top), how),
        );
    } else if (roll < 0.96) this.keep(readHistory(device, recorder, conversation));
    else if (roll < 0.99) this.keep(startTyping(device, conversation));
    else this.keep(rename(device, `Checker ${this.random.pick(EMOJI)} ${String(this.counter)}`));
  }

  private text(device: { name: string }, start = ''): string {
    this.counter += 1;
    // The token is unique in the run, so that content in the wrong place names where it came from.
    return `${start}token-${device.name}-${String(this.counter)} ${this.mention()}${'lorem ipsum '.repeat(this.random.between(0, 12))}`.trim();
  }

  private mention(): string {
    if (this.random.chance(MENTIONS_EVERYBODY)) return '@all ';
    return this.random.chance(MENTIONS) ? `@${this.random.pick(this.options.population.people).name} ` : '';
  }

  private send(owned: Person['devices'][number], conversation: string, messages: Seen[]): void {
    const { device, outbox } = owned;
    const texts = messages.filter(({ kind }) => kind === 'text');
    const about = texts.length > 0 && this.random.chance(0.1) ? this.random.pick(texts).id : undefined;
    const more =
      about === undefined ? {} : this.random.chance(0.5) ? { replyToId: about } : { threadRootId: about };
    const sending = outbox.push(conversation, this.text(device), more);
    if (this.random.chance(REPEATED)) this.keep(this.repeat(device, sending));
  }

  /** The same id again while the first may still be on its way, or long after it; sometimes with another text. */
  private async repeat(device: Device, sending: Sending): Promise<void> {
    // The first send must have been started, else the repeat would overtake what is queued before it.
    const end = Date.now() + 15_000;
    const started = (): boolean => this.options.recorder.hasInvoked(sending.clientMessageId);
    while (!started() && Date.now() < end) await sleep(5);
    if (!started()) return;
    await sleep(this.random.chance(0.6) ? this.random.between(0, 15) : this.random.between(50, 2_500));
    const person = this.options.population.people.find(({ id }) => id === device.userId);
    const others = person?.devices.filter((other) => other.device !== device && other.device.live) ?? [];
    const again = this.random.chance(0.3) ? { ...sending, text: `${sending.text} (other body)` } : sending;
    const instances = this.options.instanceUrls();
    if (others.length > 0 && this.random.chance(0.5)) {
      await attemptSend(this.random.pick(others).device, this.options.recorder, again, {
        via: 'socket',
        attempt: 0,
        repeat: true,
      });
      return;
    }
    const elsewhere = instances.length === 0 ? undefined : this.random.pick(instances);
    await attemptSend(device, this.options.recorder, again, {
      via: 'rest',
      attempt: 0,
      repeat: true,
      ...(elsewhere === undefined ? {} : { to: elsewhere.url, target: elsewhere.name }),
    });
  }

  /** The owner removes somebody and adds them again, over and over; each step is repeated until it is settled. */
  private async churn(room: Room): Promise<void> {
    const wait = async (): Promise<void> => {
      const end = Date.now() + this.options.churnEveryMs * (0.5 + this.random.next());
      while (!this.stopped && Date.now() < end) await sleep(50);
    };
    await wait();
    while (!this.stopped) {
      const person = this.random.pick(room.churn);
      await this.settle(room, person, 'remove');
      await wait();
      await this.settle(room, person, 'add');
      await wait();
    }
  }

  private async settle(room: Room, person: Person, action: 'add' | 'remove'): Promise<void> {
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const outcome = await record(this.options.recorder, {
        action,
        user: room.owner.id,
        device: null,
        via: 'rest',
        conversation: room.id,
        subjects: [person.id],
        attempt,
        run: () =>
          action === 'remove'
            ? room.owner.session.call('DELETE', `/conversations/${room.id}/members/${person.id}`)
            : room.owner.session.call('POST', `/conversations/${room.id}/members`, { userIds: [person.id] }),
      });
      if (outcome.kind !== 'unknown') return;
      await sleep(Math.max(outcome.retryAfterMs, this.random.between(100, 600)));
    }
  }
}

/** What the device shows, by the conversation. */
function openRooms(device: Device) {
  return [...device.rooms].filter(([, room]) => room.window !== null);
}
