import { expect, it } from 'vitest';
import { intendedMoments, markedText } from './marked-text.js';

const frame = (texts: string[]): Buffer =>
  Buffer.from(
    `42${JSON.stringify(['changes', { messages: texts.map((text) => ({ id: '~', text, more: '"~' })) }])}`,
  );

it('finds the moment of every message in a frame, and of nothing else', () => {
  expect([...intendedMoments(frame([markedText(17, 100), 'plain', markedText(123_456_789, 20)]))]).toEqual([
    17, 123_456_789,
  ]);
  expect([...intendedMoments(frame([]))]).toEqual([]);
});

it('makes texts of the length that was asked for', () => {
  expect(markedText(17, 100)).toHaveLength(100);
});
