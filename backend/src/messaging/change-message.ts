import type { Message, Reacted } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { AnnounceChange } from '../conversations/announce-change.js';
import type { LogChange } from '../conversations/log-change.js';
import { MessageStore } from '../conversations/message.store.js';
import { findMentions } from './find-mentions.js';
import { MessageLogStore } from './message-log.store.js';

/** Edits, deletes, reacts to and pins messages, for the socket and REST alike. All answer the message as it is now. */
@Injectable()
export class ChangeMessage {
  constructor(
    private readonly log: MessageLogStore,
    private readonly messages: MessageStore,
    private readonly announce: AnnounceChange,
  ) {}

  /** Throws CONFLICT where the message's rev is not `ifRev`. */
  async edit(actorId: string, messageId: string, text: string, ifRev?: number | null): Promise<Message> {
    const change = await this.log.edit(messageId, actorId, text, ifRev ?? null, findMentions(text));
    return this.done(actorId, change);
  }

  async delete(actorId: string, messageId: string): Promise<Message> {
    return this.done(actorId, await this.log.delete(messageId, actorId));
  }

  async react(actorId: string, messageId: string, emoji: string, on: boolean): Promise<Message> {
    const change = await this.log.react(messageId, actorId, emoji, on);
    return this.done(actorId, change, [{ messageId, userId: actorId, emoji, on }]);
  }

  async pin(actorId: string, messageId: string, on: boolean): Promise<Message> {
    return this.done(actorId, await this.log.pin(messageId, actorId, on));
  }

  private async done(actorId: string, change: LogChange, reacted: Reacted[] = []): Promise<Message> {
    this.announce.changes(change, reacted);
    const [message] = await this.messages.forReader(actorId, change.messages);
    if (!message) throw new Error('A changed message was not answered');
    return message;
  }
}
