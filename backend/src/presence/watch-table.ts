import type { Presence } from '@parley/protocol';
import { Injectable } from '@nestjs/common';

interface Watch {
  readonly userId: string;
  readonly watched: Set<string>;
}

/** Somebody who is watched: by which sockets, and what they were told last. */
interface Watched {
  readonly socketIds: Set<string>;
  told: Presence | undefined;
}

/** Which sockets of this instance watch whom, and the other way round. Memory alone. */
@Injectable()
export class WatchTable {
  private readonly watches = new Map<string, Watch>();
  private readonly people = new Map<string, Watched>();

  get isEmpty(): boolean {
    return this.watches.size === 0;
  }

  replace(socketId: string, userId: string, watchedIds: Iterable<string>): void {
    this.remove(socketId);
    const watched = new Set(watchedIds);
    if (watched.size === 0) return;
    this.watches.set(socketId, { userId, watched });
    for (const id of watched) {
      const person = this.people.get(id);
      if (person) person.socketIds.add(socketId);
      else this.people.set(id, { socketIds: new Set([socketId]), told: undefined });
    }
  }

  remove(socketId: string): void {
    for (const id of this.watches.get(socketId)?.watched ?? []) this.forget(socketId, id);
    this.watches.delete(socketId);
  }

  /** The socket watches one person less. */
  drop(socketId: string, watchedId: string): void {
    const watch = this.watches.get(socketId);
    if (watch?.watched.delete(watchedId) !== true) return;
    this.forget(socketId, watchedId);
    if (watch.watched.size === 0) this.watches.delete(socketId);
  }

  socketIds(): string[] {
    return [...this.watches.keys()];
  }

  watcherOf(socketId: string): string | undefined {
    return this.watches.get(socketId)?.userId;
  }

  watchedBy(socketId: string): ReadonlySet<string> {
    return this.watches.get(socketId)?.watched ?? new Set();
  }

  watchersOf(userId: string): ReadonlySet<string> {
    return this.people.get(userId)?.socketIds ?? new Set();
  }

  everybody(): string[] {
    return [...this.people.keys()];
  }

  isWatched(userId: string): boolean {
    return this.people.has(userId);
  }

  toldOf(userId: string): Presence | undefined {
    return this.people.get(userId)?.told;
  }

  setTold(item: Presence): void {
    const person = this.people.get(item.userId);
    if (person) person.told = item;
  }

  private forget(socketId: string, watchedId: string): void {
    const person = this.people.get(watchedId);
    if (!person) return;
    person.socketIds.delete(socketId);
    if (person.socketIds.size === 0) this.people.delete(watchedId);
  }
}
