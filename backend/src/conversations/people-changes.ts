import type { User } from '@parley/protocol';
import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Logger } from '../infra/logger/logger.js';
import { Publisher } from '../realtime/publisher.js';
import { UserChanges } from '../users/user-changes.js';
import { MembershipStore } from './membership.store.js';

/** Several changes of one person within this time are told once, as the last left them. */
const COALESCE_MS = 1_000;

/** Tells a new name or avatar to everybody who shares a conversation with the person, and to themselves. */
@Injectable()
export class PeopleChanges implements OnModuleInit, BeforeApplicationShutdown {
  private readonly waiting = new Map<string, User>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly changes: UserChanges,
    private readonly memberships: MembershipStore,
    private readonly publisher: Publisher,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.changes.onChanged((user) => {
      this.waiting.set(user.id, user);
      this.timer ??= setTimeout(() => {
        void this.flush();
      }, COALESCE_MS);
    });
  }

  beforeApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  /** A failure is logged only: clients read names anew with every conversation they load. */
  private async flush(): Promise<void> {
    this.timer = undefined;
    const users = [...this.waiting.values()];
    this.waiting.clear();
    for (const user of users) {
      try {
        const conversationIds = await this.memberships.conversationIdsOf(user.id);
        this.publisher.toConversations(conversationIds, [user.id], 'user', { user });
      } catch (error) {
        this.logger.failure('A changed name could not be told', error, { userId: user.id }, 'warn');
      }
    }
  }
}
