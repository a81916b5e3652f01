import type { User } from '@parley/protocol';
import { Injectable } from '@nestjs/common';

type Listener = (user: User) => void;

/** Tells features above, which know who may see it, that a name or avatar changed. */
@Injectable()
export class UserChanges {
  private readonly listeners: Listener[] = [];

  onChanged(listener: Listener): void {
    this.listeners.push(listener);
  }

  announce(user: User): void {
    for (const listener of this.listeners) listener(user);
  }
}
