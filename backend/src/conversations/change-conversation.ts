import type { ChangeConversationInput, Conversation } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { AnnounceChange } from './announce-change.js';
import type { ConversationChanges } from './conversation-log.store.js';
import { ConversationLogStore } from './conversation-log.store.js';
import { ConversationStore } from './conversation.store.js';

/** Changes title, topic and visibility, and hides a conversation for good. */
@Injectable()
export class ChangeConversation {
  constructor(
    private readonly log: ConversationLogStore,
    private readonly store: ConversationStore,
    private readonly announce: AnnounceChange,
  ) {}

  async execute(
    userId: string,
    conversationId: string,
    input: ChangeConversationInput,
  ): Promise<Conversation> {
    const change = await this.log.change(conversationId, userId, changesIn(input));
    this.announce.changes(change);
    return this.store.readOne(userId, conversationId);
  }

  async delete(userId: string, conversationId: string): Promise<void> {
    const change = await this.log.delete(conversationId, userId);
    this.announce.removed(change);
  }
}

function changesIn(input: ChangeConversationInput): ConversationChanges {
  return {
    ...(input.title !== undefined ? { title: input.title } : {}),
    // An empty topic is no topic.
    ...(input.topic !== undefined ? { topic: input.topic === '' ? null : input.topic } : {}),
    // There is no conversation without visibility: null means absent.
    ...(input.visibility ? { visibility: input.visibility } : {}),
  };
}
