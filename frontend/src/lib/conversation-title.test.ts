import type { Conversation, User } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { conversationTitle } from './conversation-title.js';

function person(id: string): User {
  return {
    id,
    username: id,
    displayName: id.toUpperCase(),
    avatarUrl: null,
    kind: 'person',
    createdAt: '2026-11-23T12:00:00.000Z',
  };
}

function conversation(fields: Partial<Conversation>): Conversation {
  return {
    id: 'c',
    kind: 'group',
    visibility: 'private',
    title: null,
    topic: null,
    memberCount: 2,
    participants: [person('me'), person('ada')],
    lastSeq: 0,
    lastRev: 0,
    lastMessage: null,
    createdAt: '2026-11-23T12:00:00.000Z',
    updatedAt: '2026-11-23T12:00:00.000Z',
    me: {
      role: 'member',
      joinedRev: 1,
      readSeq: 0,
      deliveredSeq: 0,
      unread: 0,
      mentions: 0,
      markedUnread: false,
      muted: false,
      pinned: false,
      archived: false,
      notify: 'all',
    },
    ...fields,
  };
}

describe('conversationTitle', () => {
  it('is the title where there is one', () => {
    expect(conversationTitle(conversation({ title: 'Design' }), 'me')).toBe('Design');
  });

  it('is the other person of a direct conversation', () => {
    expect(conversationTitle(conversation({ kind: 'direct' }), 'me')).toBe('ADA');
  });

  it('names the others of a group and counts those who are not named', () => {
    expect(conversationTitle(conversation({ memberCount: 2 }), 'me')).toBe('ADA');
    expect(conversationTitle(conversation({ memberCount: 9 }), 'me')).toBe('ADA and 7 more');
    expect(conversationTitle(conversation({ memberCount: 1, participants: [person('me')] }), 'me')).toBe(
      'Just you',
    );
  });
});
