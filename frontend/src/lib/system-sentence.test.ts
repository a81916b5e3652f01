import type { System } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { systemSentence } from './system-sentence.js';

const names: Record<string, string> = { ada: 'Ada', bob: 'Bob', cleo: 'Cleo', dan: 'Dan' };

function tell(system: System, senderId = 'ada'): string | null {
  return systemSentence(system, { meId: 'me', senderId, nameOf: (id) => names[id] ?? null });
}

describe('systemSentence', () => {
  it('speaks of the reader as "you"', () => {
    expect(tell({ type: 'created' }, 'me')).toBe('You started the conversation');
    expect(tell({ type: 'members-added', userIds: ['bob', 'me'] })).toBe('Ada added Bob and you');
    expect(tell({ type: 'joined', userIds: ['me'] }, 'me')).toBe('You joined');
  });

  it('names three people and counts the rest', () => {
    expect(tell({ type: 'left', userIds: ['ada', 'bob', 'cleo', 'dan'] })).toBe(
      'Ada, Bob, Cleo, and 1 other left',
    );
  });

  it('tells changes of title, topic, visibility and role', () => {
    expect(tell({ type: 'title', from: null, to: 'Design' })).toBe('Ada changed the title to “Design”');
    expect(tell({ type: 'title', from: 'Design', to: null })).toBe('Ada removed the title');
    expect(tell({ type: 'topic', from: 'x', to: '' })).toBe('Ada removed the topic');
    expect(tell({ type: 'visibility', from: 'private', to: 'public' })).toBe('Ada made this channel public');
    expect(tell({ type: 'role', userId: 'bob', from: 'member', to: 'admin' })).toBe('Ada made Bob an admin');
  });

  it('does not invent the name of somebody it does not know', () => {
    expect(tell({ type: 'created' }, 'stranger')).toBe('Someone started the conversation');
  });

  it('leaves out a kind that a later server may send', () => {
    expect(tell(JSON.parse('{"type":"archived"}') as System)).toBeNull();
  });
});
