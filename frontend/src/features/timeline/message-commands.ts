import type { OutboxEntry } from '@parley/client';
import type { Message } from '@parley/protocol';

/** What can be done with a message of the list; the list itself does not know how. */
export interface MessageCommands {
  reply: (message: Message) => void;
  edit: (message: Message) => void;
  remove: (message: Message) => void;
  react: (message: Message, emoji: string, on: boolean) => void;
  copy: (message: Message) => void;
  pin: (message: Message, on: boolean) => void;
  jumpTo: (messageId: string) => void;
  retry: (entry: OutboxEntry) => void;
  discard: (entry: OutboxEntry) => void;
}

export interface MessageRights {
  /** Pin and delete what others wrote. */
  moderates: boolean;
}

export interface AllowedCommands {
  reply: boolean;
  edit: boolean;
  remove: boolean;
  pin: boolean;
}

/** The rule table of the contract, for one message; the server holds the same. */
export function allowedCommands(message: Message, meId: string, rights: MessageRights): AllowedCommands {
  const alive = message.deletedAt === null && message.kind === 'text';
  const own = message.senderId === meId;
  return {
    reply: alive,
    edit: alive && own,
    remove: alive && (own || rights.moderates),
    pin: alive && rights.moderates,
  };
}
