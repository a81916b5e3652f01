import { validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { RegisterInput } from './inputs/auth.js';
import { CreateConversationInput } from './inputs/conversations.js';
import { HistoryQuery, ReactionInput, SendMessageInput, SyncInput } from './inputs/messaging.js';
import { FindUsersQuery } from './inputs/users.js';
import type { InputClass } from './routes.js';
import { integerFields, listFields } from './rules.js';

const ID = '0197a5a0-0000-7000-8000-000000000001';

function wrongFields(input: InputClass, value: object): string[] {
  return validateSync(Object.assign(new input(), value), {
    whitelist: true,
    forbidNonWhitelisted: true,
  }).map((error) => error.property);
}

describe('text rules', () => {
  const send = (text: unknown) =>
    wrongFields(SendMessageInput, { conversationId: ID, clientMessageId: 'a', text });

  it('counts code points, not UTF-16 units', () => {
    expect(send('😀'.repeat(8_000))).toEqual([]);
    expect(send('😀'.repeat(8_001))).toEqual(['text']);
    expect(send('a'.repeat(8_000))).toEqual([]);
    expect(send('a'.repeat(8_001))).toEqual(['text']);
  });

  it.each([
    ['U+0000', 'a\u0000b'],
    ['a lone high surrogate', 'a\ud800b'],
    ['a lone low surrogate', '\udc00'],
    ['a number', 5],
    ['an object', { toString: 'x' }],
    ['nothing', undefined],
  ])('refuses %s', (_name, text) => {
    expect(send(text)).toEqual(['text']);
  });

  it('keeps every other character', () => {
    expect(send('\u0001\n\t\u200b\ufffe e\u0301 \u{10ffff}')).toEqual([]);
  });
});

describe('names', () => {
  const register = (over: object) =>
    wrongFields(RegisterInput, { username: 'ada.lovelace', password: '12345678', ...over });

  it.each(['abc', 'A_b-c.9', 'x'.repeat(32)])('accepts the username %s', (username) => {
    expect(register({ username })).toEqual([]);
  });
  it.each(['ab', 'x'.repeat(33), 'a b c', 'ädam', '', 'a@b'])('refuses the username %j', (username) => {
    expect(register({ username })).toEqual(['username']);
  });
  it('refuses a display name that shows nothing', () => {
    expect(register({ displayName: ' \u200b\u00a0 ' })).toEqual(['displayName']);
    expect(register({ displayName: ' Ada ' })).toEqual([]);
  });
  it('counts the password in code points, 8 to 128', () => {
    expect(register({ password: '1234567' })).toEqual(['password']);
    expect(register({ password: '🔑'.repeat(128) })).toEqual([]);
    expect(register({ password: '🔑'.repeat(129) })).toEqual(['password']);
  });
  it('refuses a field it does not know', () => {
    expect(register({ role: 'admin' })).toEqual(['role']);
  });
});

describe('ids', () => {
  it.each([['A-z_09'], ['x'.repeat(64)]])('accepts the client id %s', (clientMessageId) => {
    expect(wrongFields(SendMessageInput, { conversationId: ID, clientMessageId, text: 'a' })).toEqual([]);
  });
  it.each([[''], ['x'.repeat(65)], ['a b'], ['ü'], [7], [null], ['a\n']])(
    'refuses the client id %j',
    (clientMessageId) => {
      expect(wrongFields(SendMessageInput, { conversationId: ID, clientMessageId, text: 'a' })).toEqual([
        'clientMessageId',
      ]);
    },
  );
  it('takes 1 to 100 members', () => {
    const members = (memberIds: unknown) =>
      wrongFields(CreateConversationInput, { kind: 'group', memberIds });
    expect(members([ID])).toEqual([]);
    expect(members([])).toEqual(['memberIds']);
    expect(members(Array(101).fill(ID))).toEqual(['memberIds']);
    expect(members(ID)).toEqual(['memberIds']);
    expect(members([ID, 'x'])).toEqual(['memberIds']);
    expect(members([ID.toUpperCase()])).toEqual(['memberIds']);
  });
  it('takes revs by id', () => {
    const sync = (conversations: unknown) => wrongFields(SyncInput, { conversations });
    expect(sync({})).toEqual([]);
    expect(sync({ [ID]: 3 })).toEqual([]);
    for (const wrong of [[], null, 'x', { [ID]: -1 }, { [ID]: 1.5 }, { [ID]: '1' }, { x: 1 }]) {
      expect(sync(wrong)).toEqual(['conversations']);
    }
  });
});

describe('emoji', () => {
  it.each(['👍', '❤️', '👩‍👩‍👧‍👦', '🇩🇪', '1️⃣', '👋🏽', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'])('accepts %s', (emoji) => {
    expect(wrongFields(ReactionInput, { messageId: ID, emoji })).toEqual([]);
  });
  it.each(['', 'a', ':+1:', '👍 ', '<b>', '1', '👍👍', '👍'.repeat(40)])('refuses %j', (emoji) => {
    expect(wrongFields(ReactionInput, { messageId: ID, emoji })).toEqual(['emoji']);
  });
});

describe('query fields', () => {
  it('knows which fields a query string carries as numbers and lists', () => {
    expect([...integerFields(HistoryQuery)].sort()).toEqual(['after', 'around', 'before', 'limit']);
    expect([...listFields(FindUsersQuery)]).toEqual(['ids']);
  });
});
