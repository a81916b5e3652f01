import type { EventName, Presence, RouteName, ServerEvents, User } from '@parley/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ParleyError, noAnswer } from './parley-error.js';
import { People } from './people.js';
import { SyncEngine } from './sync-engine.js';
import { logStep } from './testing/log-steps.js';
import type { LogStep } from './testing/model-log.js';
import { MODEL_LIMITS, ModelServer, type ModelSettings } from './testing/model-server.js';
import type { Timeline } from './timeline.js';

const IDS = ['a', 'b', 'c', 'd', 'e'];

const text: LogStep = { kind: 'create', by: 'bob', mention: false, system: false };

/** What becomes of one event, request or answer; the script decides, and the rest arrive. */
interface Fate {
  readonly isLost: boolean;
  readonly isDoubled: boolean;
  readonly delayMs: number;
}
const ARRIVES: Fate = { isLost: false, isDoubled: false, delayMs: 5 };

/** Of two of these the client can not tell which is the newer. */
const UNNUMBERED: ReadonlySet<EventName> = new Set(['conversation', 'presence', 'user']);

/** A pair of a name and its payload, by which the compiler can follow one from the other. */
type ServerEvent = { [K in EventName]: { name: K; payload: ServerEvents[K] } }[EventName];

/** Of another person, whether they are there and what they are called. */
type Bob = Pick<Presence, 'status'> & Pick<User, 'displayName'>;

/** A client's engine, a server, and between them a network that loses, doubles, delays and reorders. */
class World {
  readonly server = new ModelServer(IDS);
  readonly people: People;
  readonly engine: SyncEngine;
  readonly requested: RouteName[] = [];
  /** What the bus lost or let be overtaken. */
  private readonly undelivered: ServerEvent[] = [];
  bob: Bob = { status: 'offline', displayName: 'Bob' };
  /** How often the engine told that the database was restored. */
  restorations = 0;
  private isConnected = false;
  private connection = 0;
  private fates: Fate[] = [];

  constructor() {
    const call = async (name: RouteName, options: unknown): Promise<unknown> => {
      this.requested.push(name);
      return this.exchange(() => this.server.call(name, options));
    };
    // The two are as general as the routes; the model answers those that the engine asks.
    const hooksCall = call as never;
    this.people = new People({ call: hooksCall });
    this.engine = new SyncEngine(this.people, {
      myId: () => 'me',
      call: hooksCall,
      sync: async (input) => {
        const { connection } = this;
        const answer = await this.exchange(() => this.server.sync(input));
        if (connection !== this.connection || !this.isConnected) throw noAnswer('cut');
        return structuredClone(answer);
      },
      seen: () => undefined,
      queuedIn: () => [],
      restored: () => {
        this.restorations += 1;
      },
      shown: () => undefined,
    });
  }

  script(fates: readonly Fate[]): void {
    this.fates = [...fates];
  }

  /** Over REST, or a command: both ways may take their time, and either may fail. */
  private async exchange<T>(answer: () => T): Promise<T> {
    const there = this.nextFate();
    const back = this.nextFate();
    await pause(there.delayMs);
    if (there.isLost) throw noAnswer('lost on the way there');
    const read = structuredClone(answer());
    await pause(back.delayMs);
    if (back.isLost) throw noAnswer('lost on the way back');
    return read;
  }

  /** Whatever it is, it meets the next fate of the script. */
  emit<E extends EventName>(name: E, payload: ServerEvents[E]): void {
    if (!this.isConnected) return;
    const { connection } = this;
    const fate = this.nextFate();
    const isOvertaken = fate !== ARRIVES && UNNUMBERED.has(name);
    if (fate.isLost || isOvertaken) this.undelivered.push({ name, payload } as ServerEvent);
    if (fate.isLost) return;
    const copy = structuredClone(payload);
    for (const delay of fate.isDoubled ? [fate.delayMs, fate.delayMs * 2] : [fate.delayMs]) {
      setTimeout(() => {
        if (connection === this.connection && this.isConnected) this.engine.event(name, copy);
      }, delay);
    }
  }

  connect(): void {
    if (this.isConnected) return;
    this.isConnected = true;
    this.connection += 1;
    this.engine.ready({
      userId: 'me',
      sessionId: 's',
      instanceId: 'i',
      epoch: this.server.epoch,
      serverTime: '2026-01-01T00:00:00.000Z',
      protocol: 1,
      features: [],
      limits: MODEL_LIMITS,
    });
    // The client asks for that with each connection.
    this.change(this.bob);
  }

  cut(): void {
    if (!this.isConnected) return;
    this.isConnected = false;
    this.engine.lost();
  }

  write(id: string, step: LogStep): void {
    this.tellingMark(id, () => {
      const frame = this.server.write(id, step);
      if (this.server.isMember(id)) this.emit('changes', frame);
    });
  }

  restore(): void {
    this.server.restore();
    this.undelivered.length = 0;
  }

  read(id: string, part: number): void {
    this.tellingMark(id, () => {
      const receipt = this.server.read(id, Math.ceil(part * this.server.log(id).messages.length));
      if (receipt && this.server.isMember(id))
        this.emit('receipts', { conversationId: id, receipts: [receipt] });
    });
  }

  /** That reading or sending took a mark away is told by a word of its own. */
  private tellingMark(id: string, work: () => void): void {
    const wasMarked = this.server.view(id).me.markedUnread;
    work();
    const { markedUnread } = this.server.view(id).me;
    if (wasMarked && !markedUnread && this.server.isMember(id))
      this.emit('conversation', { conversation: this.server.view(id) });
  }

  /** By another device. */
  set(id: string, settings: ModelSettings): void {
    if (!this.server.isMember(id)) return;
    this.server.set(id, settings);
    this.emit('conversation', { conversation: this.server.view(id) });
  }

  change(bob: Bob): void {
    this.bob = bob;
    const { status, displayName } = bob;
    this.emit('presence', { items: [{ userId: 'bob', status, lastSeenAt: null }] });
    this.emit('user', {
      user: { id: 'bob', username: 'bob', displayName, avatarUrl: null, kind: 'person', createdAt: '' },
    });
  }

  leave(id: string): void {
    if (!this.server.isMember(id)) return;
    this.server.setMember(id, false);
    this.emit('conversation:removed', { conversationId: id, rev: this.server.log(id).rev });
  }

  join(id: string): void {
    if (this.server.isMember(id)) return;
    this.server.write(id, { kind: 'create', by: 'bob', mention: false, system: true });
    this.server.setMember(id, true);
    this.emit('conversation', { conversation: this.server.view(id) });
  }

  /** What the server does by itself every few seconds: what did not arrive as it was sent is told again, as it is now. */
  async settle(isReconnect: boolean): Promise<void> {
    this.fates = [];
    if (isReconnect) this.cut();
    this.connect();
    // Longer than anything may be under way.
    await pause(4_000);
    for (const event of this.undelivered) this.tellAgain(event);
    await pause(120_000);
  }

  private tellAgain({ name, payload }: ServerEvent): void {
    switch (name) {
      case 'changes': {
        const { conversationId: id, fromRev, toRev } = payload;
        const now = this.server.log(id).messages;
        const messages = payload.messages.flatMap(({ seq }) => now[seq - 1] ?? []);
        if (this.server.isMember(id)) this.emit(name, { conversationId: id, fromRev, toRev, messages });
        return;
      }
      case 'receipts': {
        const { conversationId: id } = payload;
        const { readSeq, deliveredSeq } = this.server.view(id).me;
        const receipts = [{ userId: 'me', readSeq, deliveredSeq }];
        if (this.server.isMember(id)) this.emit(name, { conversationId: id, receipts });
        return;
      }
      case 'conversation':
      case 'conversation:removed': {
        const id = name === 'conversation' ? payload.conversation.id : payload.conversationId;
        if (this.server.isMember(id)) this.emit('conversation', { conversation: this.server.view(id) });
        else this.emit('conversation:removed', { conversationId: id, rev: this.server.log(id).rev });
        return;
      }
      case 'heads':
        for (const id of Object.keys(payload.heads))
          if (this.server.isMember(id)) this.emit(name, { heads: { [id]: this.server.log(id).rev } });
        return;
      case 'presence':
      case 'user':
        this.change(this.bob);
        return;
      default:
        // Who types is told by the next stroke alone; a `resync` is followed by all that it is about.
        return;
    }
  }

  private nextFate(): Fate {
    return this.fates.shift() ?? ARRIVES;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function expectContiguous(timeline: Timeline): void {
  const { messages } = timeline.getSnapshot();
  const first = messages[0]?.seq ?? 1;
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_message, index) => first + index));
}

function expectEqual(world: World, id: string): void {
  const shown = world.engine.list.get(id);
  if (!world.server.isMember(id)) {
    expect(shown).toBeUndefined();
    return;
  }
  const truth = world.server.view(id);
  expect(shown && { ...shown, lastMessage: shown.lastMessage?.rev, updatedAt: null }).toEqual({
    ...truth,
    lastMessage: truth.lastMessage?.rev,
    updatedAt: null,
  });
  const timeline = world.engine.timeline(id);
  expectContiguous(timeline);
  if (timeline.rev === null) return;
  const { messages } = timeline.getSnapshot();
  expect(timeline.rev).toBe(world.server.log(id).rev);
  expect(messages).toEqual(world.server.log(id).shown.slice((messages[0]?.seq ?? 1) - 1));
}

let random = 1;
beforeEach(() => {
  vi.useFakeTimers();
  random = 1;
  // Jitter that a seed repeats: the generator of Park and Miller.
  vi.spyOn(Math, 'random').mockImplementation(() => {
    random = (random * 48_271) % 2_147_483_647;
    return random / 2_147_483_647;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Most of it happens in one conversation, which has a past. */
const id = fc.oneof(
  { weight: 3, arbitrary: fc.constant('a') },
  { weight: 2, arbitrary: fc.constantFrom(...IDS) },
);
const part = fc.double({ min: 0, max: 1, noNaN: true });
const fate = fc.oneof(
  { weight: 5, arbitrary: fc.constant(ARRIVES) },
  {
    weight: 4,
    arbitrary: fc.record({
      isLost: fc.nat(3).map((n) => n === 0),
      isDoubled: fc.boolean(),
      delayMs: fc.nat(1_500),
    }),
  },
);
const settings = fc.record({ muted: fc.boolean(), markedUnread: fc.boolean() });
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('write' as const), id, step: logStep }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(2_500) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), id, part }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('open' as const), id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('older' as const), id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('heads' as const), id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('cut', 'connect', 'resync') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('leave', 'join'), id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('set' as const), id, settings }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('refresh', 'typing', 'typed'), id }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      bob: fc.record({
        status: fc.constantFrom('online' as const, 'away' as const, 'offline' as const),
        displayName: fc.constantFrom('Bob', 'Robert'),
      }),
    }),
  },
);

describe('sync engine', () => {
  it('ends equal to the server whatever the network does', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 80, size: 'max' }),
        fc.array(fate, { maxLength: 120, size: 'max' }),
        fc.boolean(),
        fc.nat(20).map((n) => n === 0),
        async (steps, fates, isReconnect, isRestored) => {
          const world = new World();
          for (let n = 0; n < 15; n += 1) world.server.write('a', text);
          world.script(fates);
          const closers = new Map<string, () => void>();
          world.connect();
          for (const each of steps) {
            switch (each.kind) {
              case 'write':
                world.write(each.id, each.step);
                break;
              case 'wait':
                await vi.advanceTimersByTimeAsync(each.ms);
                break;
              case 'read':
                world.read(each.id, each.part);
                break;
              case 'open':
                if (!closers.has(each.id)) closers.set(each.id, world.engine.timeline(each.id).open());
                break;
              case 'close':
                closers.get(each.id)?.();
                closers.delete(each.id);
                break;
              case 'older':
                world.engine
                  .timeline(each.id)
                  .loadBefore()
                  .catch(() => undefined);
                break;
              case 'heads':
                world.emit('heads', { heads: { [each.id]: world.server.log(each.id).rev } });
                break;
              case 'cut':
                world.cut();
                break;
              case 'connect':
                world.connect();
                break;
              case 'resync':
                world.emit('resync', { spreadMs: 500 });
                break;
              case 'leave':
                world.leave(each.id);
                break;
              case 'join':
                world.join(each.id);
                break;
              case 'set':
                world.set(each.id, each.settings);
                break;
              case 'refresh':
                world.engine.refresh(each.id).catch(() => undefined);
                break;
              case 'typing':
              case 'typed':
                world.emit('typing', {
                  conversationId: each.id,
                  userIds: each.kind === 'typing' ? ['bob'] : [],
                });
                break;
              case 'change':
                world.change(each.bob);
                break;
            }
            for (const opened of closers.keys()) expectContiguous(world.engine.timeline(opened));
          }
          if (isRestored) {
            world.cut();
            world.restore();
          }
          const settled = world.settle(isReconnect);
          await vi.advanceTimersByTimeAsync(130_000);
          await settled;
          for (const each of IDS) {
            expectEqual(world, each);
            expect(world.engine.timeline(each).getSnapshot().typing).toEqual([]);
          }
          const presence = world.people.presence.getSnapshot().get('bob');
          const user = world.people.snapshot.getSnapshot().get('bob');
          expect({ ...presence, ...user }).toMatchObject(world.bob);
          for (const opened of closers.keys()) {
            const { status } = world.engine.timeline(opened).getSnapshot();
            expect(status).toBe(world.server.isMember(opened) ? 'ready' : 'error');
          }
          world.cut();
        },
      ),
      { numRuns: 1_000, seed: 20_261_123 },
    );
  });

  async function started(): Promise<World> {
    const world = new World();
    world.connect();
    await vi.advanceTimersByTimeAsync(1_000);
    return world;
  }

  it('repairs a hole without a reconnect, once, and not before frames had time to arrive', async () => {
    const world = await started();
    world.engine.timeline('a').open();
    await vi.advanceTimersByTimeAsync(1_000);
    world.requested.length = 0;
    world.server.write('a', text);
    world.write('a', text);
    await vi.advanceTimersByTimeAsync(250);
    expect(world.requested).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.requested).toEqual(['GET /conversations/:id/changes']);
    expectEqual(world, 'a');
  });

  it('fetches nothing for a conversation without a window, whatever is lost', async () => {
    const world = await started();
    world.requested.length = 0;
    world.server.write('a', text);
    world.write('a', text);
    world.emit('heads', { heads: { a: 3, b: 1 } });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(world.requested).toEqual([]);
    expect(world.engine.list.get('a')?.lastRev).toBe(3);
  });

  it('counts what heads tell of by one sync for all conversations', async () => {
    const world = await started();
    for (const lost of ['a', 'b', 'c']) world.server.write(lost, text);
    world.emit('heads', { heads: { a: 2, b: 2, c: 2 } });
    await vi.advanceTimersByTimeAsync(5_000);
    for (const each of IDS) expectEqual(world, each);
  });

  it('repairs what a page that was read before the connection is behind by', async () => {
    const world = new World();
    // There quickly, back slowly: read before the connection, shown after its sync.
    world.script([ARRIVES, { ...ARRIVES, delayMs: 900 }]);
    world.engine.timeline('a').open();
    await vi.advanceTimersByTimeAsync(10);
    world.server.write('a', text);
    world.connect();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(world.engine.timeline('a').rev).toBe(2);
  });

  it('shows an older page with all that changed while it was fetched, and with what changed meanwhile', async () => {
    const world = new World();
    for (let n = 0; n < 11; n += 1) world.server.write('a', text);
    world.connect();
    const timeline = world.engine.timeline('a');
    timeline.open();
    await vi.advanceTimersByTimeAsync(1_000);
    const slowly = { ...ARRIVES, delayMs: 500 };
    world.script([slowly, slowly]);
    const loading = timeline.loadBefore();
    await vi.advanceTimersByTimeAsync(600);
    world.script([ARRIVES, slowly, slowly]);
    // The page is read, and not here yet; nor are the changes that it lacks, when one more comes.
    world.write('a', { kind: 'edit', at: 0.2, by: 'bob' });
    await vi.advanceTimersByTimeAsync(1_000);
    world.write('a', { kind: 'delete', at: 0.1, by: 'bob' });
    await vi.advanceTimersByTimeAsync(2_000);
    await loading;
    expect(timeline.getSnapshot().messages).toHaveLength(12);
    expectEqual(world, 'a');
  });

  it('forgets what it held when the database was restored, and keeps showing what is opened', async () => {
    const world = await started();
    world.engine.timeline('a').open();
    for (let n = 0; n < 9; n += 1) world.write('a', text);
    const receipts = [{ userId: 'other', readSeq: 9, deliveredSeq: 9 }];
    world.emit('receipts', { conversationId: 'a', receipts });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.engine.timeline('a').rev).toBe(10);
    expect(world.engine.timeline('a').getSnapshot().receipts.get('other')?.readSeq).toBe(9);
    expect(world.restorations).toBe(0);
    world.cut();
    world.server.restore();
    world.connect();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(world.engine.timeline('a').rev).toBe(1);
    // Nobody has read what is written in that place now, and what this client was about to tell of it is void.
    expect(world.engine.timeline('a').getSnapshot().receipts.size).toBe(0);
    expect(world.restorations).toBe(1);
    for (const each of IDS) expectEqual(world, each);
  });

  it('notices a restored database by a repair, without a reconnect', async () => {
    const world = await started();
    world.engine.timeline('a').open();
    await vi.advanceTimersByTimeAsync(1_000);
    world.server.restore();
    world.emit('heads', { heads: { a: 7 } });
    await vi.advanceTimersByTimeAsync(5_000);
    for (const each of IDS) expectEqual(world, each);
  });

  it('lets go of what it held before its first sync and was removed from', async () => {
    const world = new World();
    world.engine.list.upsert(world.server.view('a'));
    world.engine.list.upsert(world.server.view('b'));
    world.server.setMember('a', false);
    world.connect();
    // The sync has several pages, and is cut in the middle.
    world.script([{ ...ARRIVES, isLost: true }]);
    await vi.advanceTimersByTimeAsync(5_000);
    for (const each of IDS) expectEqual(world, each);
    expect(world.engine.list.get('a')).toBeUndefined();
    expect(world.engine.list.get('b')).toBeDefined();
  });

  it('says that an older page could not be had, and gets it when asked again', async () => {
    const world = new World();
    for (let n = 0; n < 11; n += 1) world.server.write('a', text);
    world.connect();
    const timeline = world.engine.timeline('a');
    timeline.open();
    await vi.advanceTimersByTimeAsync(1_000);
    world.script([{ ...ARRIVES, isLost: true }]);
    const failing = expect(timeline.loadBefore()).rejects.toThrow('lost');
    await vi.advanceTimersByTimeAsync(100);
    await failing;
    expect(timeline.getSnapshot()).toMatchObject({ loadingBefore: false, hasBefore: true });
    const loading = timeline.loadBefore();
    await vi.advanceTimersByTimeAsync(100);
    await loading;
    expect(timeline.getSnapshot().messages).toHaveLength(12);
  });

  it('ignores a removal that is older than the membership', async () => {
    const world = await started();
    world.leave('a');
    world.join('a');
    await vi.advanceTimersByTimeAsync(100);
    world.emit('conversation:removed', { conversationId: 'a', rev: 1 });
    await vi.advanceTimersByTimeAsync(100);
    expect(world.engine.list.get('a')).toBeDefined();
  });

  it('ignores what was read of a conversation before a removal, and takes what a new membership says', async () => {
    const world = await started();
    const before = structuredClone(world.server.view('a'));
    world.leave('a');
    await vi.advanceTimersByTimeAsync(100);
    world.emit('conversation', { conversation: before });
    await vi.advanceTimersByTimeAsync(100);
    expect(world.engine.list.get('a')).toBeUndefined();
    world.join('a');
    await vi.advanceTimersByTimeAsync(100);
    expect(world.engine.list.get('a')).toMatchObject(world.server.view('a'));
  });

  /** Read on the server 5 ms after it is called, and here a second later. */
  function refreshSlowly(world: World): Promise<unknown> {
    world.script([ARRIVES, { ...ARRIVES, delayMs: 1_000 }]);
    return world.engine.refresh('a').catch((error: unknown) => error);
  }
  const muted = { muted: true, markedUnread: false };

  it('takes no setting back for an answer that was read before it', async () => {
    const world = await started();
    void refreshSlowly(world);
    await vi.advanceTimersByTimeAsync(100);
    world.set('a', muted);
    await vi.advanceTimersByTimeAsync(2_000);
    expectEqual(world, 'a');
  });

  it('takes no setting back that was made while a sync was on its way', async () => {
    const world = await started();
    world.server.read('a', 1);
    world.script([ARRIVES, ARRIVES, { ...ARRIVES, delayMs: 1_000 }]);
    world.emit('resync', { spreadMs: 0 });
    await vi.advanceTimersByTimeAsync(100);
    world.server.set('a', muted);
    // The answer to it, which waits for no sync.
    world.engine.list.upsert(world.server.view('a'));
    await vi.advanceTimersByTimeAsync(2_000);
    expectEqual(world, 'a');
  });

  it('takes nothing of a history that is over for an answer that was asked for in it', async () => {
    const world = await started();
    for (let n = 0; n < 3; n += 1) world.write('a', text);
    void refreshSlowly(world);
    await vi.advanceTimersByTimeAsync(100);
    world.cut();
    world.restore();
    world.connect();
    await vi.advanceTimersByTimeAsync(2_000);
    for (const each of IDS) expectEqual(world, each);
  });

  it('brings nothing back for an answer that was read before a removal which a sync told', async () => {
    const world = await started();
    const refreshed = refreshSlowly(world);
    await vi.advanceTimersByTimeAsync(100);
    world.cut();
    world.leave('a');
    world.connect();
    await vi.advanceTimersByTimeAsync(2_000);
    expectEqual(world, 'a');
    expect(await refreshed).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('has what it asked for, though a sync overtook the answer and has not come to it', async () => {
    const world = new World();
    world.script([ARRIVES, { ...ARRIVES, delayMs: 20 }]);
    void world.engine.refresh('e').catch(() => undefined);
    world.connect();
    // The first page of the sync comes before that answer, and the second long after it.
    world.script([{ ...ARRIVES, delayMs: 1_000 }]);
    await vi.advanceTimersByTimeAsync(100);
    expect(world.engine.list.ids()).toContain('e');
    expect(world.engine.synced.getSnapshot()).toBe(false);
  });

  it('shows no page that was read before a removal which happened before the first sync', async () => {
    const world = new World();
    world.script([ARRIVES, { ...ARRIVES, delayMs: 1_000 }]);
    const timeline = world.engine.timeline('a');
    timeline.open();
    await vi.advanceTimersByTimeAsync(100);
    world.leave('a');
    world.connect();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(timeline.getSnapshot()).toMatchObject({ status: 'error', messages: [] });
  });

  it('tells why a conversation can not be shown, and shows it when it can', async () => {
    const world = await started();
    world.leave('a');
    await vi.advanceTimersByTimeAsync(100);
    const timeline = world.engine.timeline('a');
    timeline.open();
    await vi.advanceTimersByTimeAsync(100);
    expect(timeline.getSnapshot()).toMatchObject({ status: 'error', error: { code: 'NOT_FOUND' } });
    world.join('a');
    await vi.advanceTimersByTimeAsync(100);
    expect(timeline.getSnapshot().status).toBe('ready');
  });

  it('starts anew where the server does not take its cursor', async () => {
    const world = await started();
    const sync = vi.spyOn(world.server, 'sync');
    sync.mockImplementationOnce(() => {
      throw new ParleyError({ code: 'VALIDATION_FAILED', message: '', retryable: false, requestId: '' });
    });
    world.emit('resync', { spreadMs: 0 });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(sync.mock.calls.map(([{ cursor }]) => cursor)).toContain(undefined);
  });
});
