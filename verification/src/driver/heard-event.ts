import type {
  ConversationEvent,
  ConversationRemovedEvent,
  HeadsEvent,
  PresenceEvent,
  ReceiptsEvent,
  TypingEvent,
  UserEvent,
} from '@parley/protocol';
import { intern } from '../recording/digest.js';

/** The conversations and the people that an event tells of. */
export interface Named {
  conversations: string[];
  users: string[];
}

const NOTHING: Named = { conversations: [], users: [] };

/** `null` for `changes`, which is written down with its messages; an event that the checker does not know names nothing. */
export function namedBy(event: string, payload: unknown): Named | null {
  switch (event) {
    case 'changes':
      return null;
    case 'heads':
      return { ...NOTHING, conversations: Object.keys((payload as HeadsEvent).heads).map(intern) };
    case 'conversation':
      return { ...NOTHING, conversations: [intern((payload as ConversationEvent).conversation.id)] };
    case 'conversation:removed':
      return { ...NOTHING, conversations: [intern((payload as ConversationRemovedEvent).conversationId)] };
    case 'receipts': {
      const { conversationId, receipts } = payload as ReceiptsEvent;
      return { conversations: [intern(conversationId)], users: receipts.map(({ userId }) => intern(userId)) };
    }
    case 'typing': {
      const { conversationId, userIds } = payload as TypingEvent;
      return { conversations: [intern(conversationId)], users: userIds.map(intern) };
    }
    case 'presence':
      return { ...NOTHING, users: (payload as PresenceEvent).items.map(({ userId }) => intern(userId)) };
    case 'user':
      return { ...NOTHING, users: [intern((payload as UserEvent).user.id)] };
    default:
      return NOTHING;
  }
}
