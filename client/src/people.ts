import type { Presence, User } from '@parley/protocol';
import { USER_IDS_MAX } from '@parley/protocol/limits';
import type { Account } from './account.js';
import { State, type Observable } from './observable.js';

/** A list on the screen asks for its people one by one, within one frame. */
const GATHER_MS = 20;

/** Names and faces for ids, fetched in batches as they are needed. */
export class People {
  private readonly state = new State<ReadonlyMap<string, User>>(new Map());
  private readonly presences = new State<ReadonlyMap<string, Presence>>(new Map());
  private readonly wanted = new Set<string>();
  private readonly asked = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly account: Pick<Account, 'call'>) {}

  get snapshot(): Observable<ReadonlyMap<string, User>> {
    return this.state;
  }
  get presence(): Observable<ReadonlyMap<string, Presence>> {
    return this.presences;
  }

  clear(): void {
    this.asked.clear();
    this.wanted.clear();
    this.state.set(new Map());
    this.presences.set(new Map());
  }

  learn(users: Iterable<User>): void {
    const held = this.state.getSnapshot();
    const news = [...users].filter((user) => {
      const known = held.get(user.id);
      return (
        known?.displayName !== user.displayName ||
        known.avatarUrl !== user.avatarUrl ||
        known.kind !== user.kind
      );
    });
    if (news.length > 0) this.state.set(new Map([...held, ...news.map((user) => [user.id, user] as const)]));
  }

  learnPresence(items: Iterable<Presence>): void {
    this.presences.set(
      new Map([...this.presences.getSnapshot(), ...[...items].map((item) => [item.userId, item] as const)]),
    );
  }

  ensure(ids: Iterable<string>): void {
    const held = this.state.getSnapshot();
    for (const id of ids) if (!held.has(id) && !this.asked.has(id)) this.wanted.add(id);
    if (this.wanted.size > 0) this.timer ??= setTimeout(() => void this.fetch(), GATHER_MS);
  }

  private async fetch(): Promise<void> {
    this.timer = undefined;
    const ids = [...this.wanted].slice(0, USER_IDS_MAX);
    for (const id of ids) {
      this.wanted.delete(id);
      this.asked.add(id);
    }
    try {
      this.learn((await this.account.call('GET /users', { query: { ids } })).items);
    } catch {
      // Whoever needs a name asks again.
      for (const id of ids) this.asked.delete(id);
    }
    this.ensure([]);
  }
}
