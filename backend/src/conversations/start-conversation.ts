import type { Conversation, CreateConversationInput } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { invalidField } from '../infra/errors/parley-error.js';
import { RateLimits } from '../infra/rate-limits/rate-limits.js';
import { AnnounceChange } from './announce-change.js';
import { ConversationLogStore } from './conversation-log.store.js';
import { ConversationStore } from './conversation.store.js';

export interface StartedConversation {
  readonly conversation: Conversation;
  /** False for a direct that exists and for a repeated client id. */
  readonly created: boolean;
}

/** Starts a conversation, or finds the one that is meant: two people share one direct conversation. */
@Injectable()
export class StartConversation {
  constructor(
    private readonly limits: RateLimits,
    private readonly log: ConversationLogStore,
    private readonly store: ConversationStore,
    private readonly announce: AnnounceChange,
  ) {}

  async execute(userId: string, input: CreateConversationInput): Promise<StartedConversation> {
    const memberIds = otherPeople(userId, input);
    await this.limits.consume('conversationsPerHour', userId);
    const change = await this.log.create({
      kind: input.kind,
      creatorId: userId,
      memberIds,
      visibility: input.visibility ?? 'private',
      title: input.title ?? null,
      clientConversationId: input.clientConversationId ?? null,
    });
    const created = change.status === 'created';
    if (created) this.announce.joined(change);
    // To open a direct again is not to start one.
    else await this.limits.giveBack('conversationsPerHour', userId);
    return { conversation: await this.store.readOne(userId, change.conversationId), created };
  }
}

/** Rules between the fields, which the input class can not express. */
function otherPeople(userId: string, input: CreateConversationInput): string[] {
  const memberIds = [...new Set(input.memberIds)];
  if (input.kind === 'direct') {
    if (memberIds.length !== 1) throw invalidField('memberIds', 'must name exactly one other person');
    if (memberIds[0] === userId) throw invalidField('memberIds', 'must name somebody else');
    if (typeof input.title === 'string') throw invalidField('title', 'is not for a direct conversation');
  }
  if (input.visibility === 'public' && input.kind !== 'channel') {
    throw invalidField('visibility', 'can be public for a channel only');
  }
  return memberIds.filter((memberId) => memberId !== userId);
}
