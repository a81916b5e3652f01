import { ParleyError, unavailable } from '../errors/parley-error.js';
import { isPassingFault } from '../errors/to-parley-error.js';
import { withDeadline } from '../errors/with-deadline.js';

/** Measured (group commit of 80-byte texts): 64 commits 1.5 to 2 times a bare INSERT's rate; 128 holds locks longer. */
const GROUP_MAX = 64;
/** Letters in a group: all of it goes to every member at one moment, and 1 MiB that waits gets a socket cut. */
const GROUP_LETTERS_MAX = 256 * 1024;
/** Sends fail within 2 s while PostgreSQL is away; the way to the client takes the rest. */
export const WRITE_DEADLINE_MS = 1_700;
/** Well above the time after which the log's connections give up by themselves: frees a slot whatever happens. */
const ATTEMPT_DEADLINE_MS = 4_000;
/** Between attempts; a restarting PostgreSQL refuses connections for about a second. */
const RETRY_PAUSE_MS = 60;

/** Of each new commit time in the average: it follows a change within some groups, and one slow commit is not it. */
const NEW_COMMIT_SHARE = 0.2;
/** Whatever the average says: the memory of what waits, at most 8,000 letters each, stays below 100 MB. */
const WAITING_MAX = 4_096;

interface Waiting<Item, Outcome> {
  readonly item: Item;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
  readonly expiresAt: number;
  timer: NodeJS.Timeout | undefined;
  /** The client has been told "unknown, try again". The item may still be committed. */
  expired: boolean;
}

interface Queue<Item, Outcome> {
  readonly entries: Waiting<Item, Outcome>[];
  /** In items that may share a group. */
  weight: number;
}

export interface GroupWriterOptions<Item, Outcome> {
  /** What an item is called in a refusal: "The message". */
  readonly named: string;
  /** Groups under way at once, each on a connection of its own. */
  readonly slots: number;
  /**
   * From the start of a group to that of the next, in milliseconds, unless a whole group waits: what nobody waits for costs
   * fewer commits that way. 0 for what somebody waits for. The first after a rest goes at once.
   */
  readonly restMs: number;
  /** Items of the same queue are written in the order in which they came, one group at a time. */
  readonly queueOf: (item: Item) => string;
  /** Letters of the item, where a group must not have too many of them. */
  readonly lettersOf?: (item: Item) => number;
  /** Whether the item must not share a group with others. */
  readonly isAlone?: (item: Item) => boolean;
  /** One transaction, one round trip; outcomes in the order of the items. Repeating it must be harmless. */
  readonly commit: (items: readonly Item[]) => Promise<readonly Outcome[]>;
  /** Called after COMMIT, in commit order within a queue. `repeated`: an earlier attempt may have committed. */
  readonly committed: (items: readonly Item[], outcomes: readonly Outcome[], repeated: boolean) => void;
  /** Told what `committed` threw. */
  readonly failed: (error: unknown) => void;
}

/**
 * Commits together what waits together. Without a rest there is no timer: a group leaves as soon as a slot is free, so an
 * idle server adds no delay, and what arrives meanwhile is the next group. One group a queue (a conversation, where
 * messages are written) at a time keeps the order in which things were handed in, and keeps groups from waiting for each
 * other's lock.
 */
export class GroupWriter<Item, Outcome> {
  /** In order of first arrival; a queue that is served goes to the end, so a hot one starves nobody. */
  private readonly waiting = new Map<string, Queue<Item, Outcome>>();
  private readonly busy = new Set<string>();
  private groupsUnderWay = 0;
  private waitingCount = 0;
  private waitingWeight = 0;
  /** Of attempts that succeeded; 0 before the first. */
  private usualCommitMs = 0;
  private restsUntil = 0;
  private restTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: GroupWriterOptions<Item, Outcome>) {}

  /**
   * Resolves after COMMIT. Rejects with UNAVAILABLE at the deadline, when the outcome is unknown; and at once when what
   * waits can not be written before that: in overload it is better that some are told now than all after 1.7 s.
   */
  write(item: Item): Promise<Outcome> {
    const wait = this.expectedWaitMs(item);
    if (wait > WRITE_DEADLINE_MS || this.waitingCount >= WAITING_MAX) return Promise.reject(overloaded(wait));
    return new Promise((resolve, reject) => {
      const entry: Waiting<Item, Outcome> = {
        item,
        resolve,
        reject,
        expiresAt: Date.now() + WRITE_DEADLINE_MS,
        timer: undefined,
        expired: false,
      };
      entry.timer = setTimeout(() => {
        entry.expired = true;
        reject(this.tooLate());
      }, WRITE_DEADLINE_MS);
      const key = this.options.queueOf(item);
      const queue = this.waiting.get(key) ?? { entries: [], weight: 0 };
      queue.entries.push(entry);
      queue.weight += this.weightOf(item);
      this.waiting.set(key, queue);
      this.waitingCount += 1;
      this.waitingWeight += this.weightOf(item);
      this.startGroups();
    });
  }

  /** Groups of one queue follow each other; those of others share the slots. */
  private expectedWaitMs(item: Item): number {
    const own = (this.waiting.get(this.options.queueOf(item))?.weight ?? 0) / GROUP_MAX;
    const all = this.waitingWeight / GROUP_MAX / this.options.slots;
    return Math.max(own, all) * this.usualCommitMs;
  }

  private startGroups(): void {
    while (this.groupsUnderWay < this.options.slots) {
      if (this.rests()) return;
      const group = this.nextGroup();
      if (group.length === 0) return;
      this.restsUntil = performance.now() + this.options.restMs;
      this.groupsUnderWay += 1;
      const keys = new Set(group.map((entry) => this.options.queueOf(entry.item)));
      for (const key of keys) this.busy.add(key);
      void this.writeGroup(group, false).finally(() => {
        for (const key of keys) this.busy.delete(key);
        this.groupsUnderWay -= 1;
        this.startGroups();
      });
    }
  }

  /** Whether the next group is to wait for company, and comes by itself. */
  private rests(): boolean {
    const remaining = this.restsUntil - performance.now();
    if (remaining <= 0 || this.waitingCount === 0 || this.waitingCount >= GROUP_MAX) return false;
    this.restTimer ??= setTimeout(() => {
      this.restTimer = undefined;
      this.startGroups();
    }, remaining);
    return true;
  }

  private nextGroup(): Waiting<Item, Outcome>[] {
    const group: Waiting<Item, Outcome>[] = [];
    const served: [string, Queue<Item, Outcome>][] = [];
    for (const [key, queue] of this.waiting) {
      if (this.busy.has(key)) continue;
      const before = group.length;
      this.takeFrom(queue, group);
      if (queue.entries.length === 0 || group.length > before) served.push([key, queue]);
      const last = group.at(-1);
      if (last && (group.length >= GROUP_MAX || this.isAlone(last.item))) break;
    }
    // After the walk, which would meet them again otherwise: what is left of a queue goes behind the other queues.
    for (const [key, queue] of served) {
      this.waiting.delete(key);
      if (queue.entries.length > 0) this.waiting.set(key, queue);
    }
    return group;
  }

  private takeFrom(queue: Queue<Item, Outcome>, group: Waiting<Item, Outcome>[]): void {
    let letters = group.reduce((sum, { item }) => sum + this.lettersOf(item), 0);
    while (group.length < GROUP_MAX) {
      const [entry] = queue.entries;
      if (!entry || (this.isAlone(entry.item) && group.length > 0)) return;
      letters += this.lettersOf(entry.item);
      if (letters > GROUP_LETTERS_MAX && group.length > 0) return;
      queue.entries.shift();
      queue.weight -= this.weightOf(entry.item);
      this.waitingCount -= 1;
      this.waitingWeight -= this.weightOf(entry.item);
      // What has waited past its deadline was answered already: writing it now would surprise its sender.
      if (entry.expired) continue;
      group.push(entry);
      if (this.isAlone(entry.item)) return;
    }
  }

  /** Never rejects. */
  private async writeGroup(group: readonly Waiting<Item, Outcome>[], attempted: boolean): Promise<void> {
    const items = group.map((entry) => entry.item);
    let repeated = attempted;
    for (;;) {
      try {
        const started = performance.now();
        const outcomes = await withDeadline(this.options.commit(items), ATTEMPT_DEADLINE_MS, 'commit');
        this.noteCommit(performance.now() - started);
        this.settle(group, outcomes);
        this.announce(items, outcomes, repeated);
        return;
      } catch (error) {
        repeated = true;
        if (!isPassingFault(error)) {
          await this.separate(group, error);
          return;
        }
        if (group.every((entry) => entry.expiresAt < Date.now() + RETRY_PAUSE_MS)) {
          this.fail(group, this.tooLate(error));
          return;
        }
        // The same ids again: whatever the lost attempt did, the result is one row.
        await pause(RETRY_PAUSE_MS * (1 + Math.random()));
      }
    }
  }

  private noteCommit(milliseconds: number): void {
    const share = this.usualCommitMs === 0 ? 1 : NEW_COMMIT_SHARE;
    this.usualCommitMs += (milliseconds - this.usualCommitMs) * share;
  }

  /** One bad row must not fail the others: each by itself, in order. */
  private async separate(group: readonly Waiting<Item, Outcome>[], error: unknown): Promise<void> {
    if (group.length === 1) {
      this.fail(group, error);
      return;
    }
    for (const entry of group) await this.writeGroup([entry], true);
  }

  /** The rows are committed: a fault here must not make them be written again. */
  private announce(items: readonly Item[], outcomes: readonly Outcome[], repeated: boolean): void {
    try {
      this.options.committed(items, outcomes, repeated);
    } catch (error) {
      this.options.failed(error);
    }
  }

  private settle(group: readonly Waiting<Item, Outcome>[], outcomes: readonly Outcome[]): void {
    group.forEach((entry, index) => {
      clearTimeout(entry.timer);
      const outcome = outcomes[index];
      if (outcome === undefined) entry.reject(new Error('The commit gave no outcome for an item'));
      else entry.resolve(outcome);
    });
  }

  private fail(group: readonly Waiting<Item, Outcome>[], error: unknown): void {
    for (const entry of group) {
      clearTimeout(entry.timer);
      entry.reject(error);
    }
  }

  private tooLate(error?: unknown): ParleyError {
    return unavailable(`${this.options.named} could not be stored in time.`, error);
  }

  private isAlone(item: Item): boolean {
    return this.options.isAlone?.(item) ?? false;
  }

  private lettersOf(item: Item): number {
    return this.options.lettersOf?.(item) ?? 0;
  }

  /** What must be alone takes the place of a whole group. */
  private weightOf(item: Item): number {
    return this.isAlone(item) ? GROUP_MAX : 1;
  }
}

/** Nothing of it was written. By the time named, what waits now is written. */
function overloaded(waitMs: number): ParleyError {
  return new ParleyError('UNAVAILABLE', 'The server has more to write than it can. Please try again.', {
    retryAfterMs: Math.ceil(Math.max(waitMs, 1_000)),
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
