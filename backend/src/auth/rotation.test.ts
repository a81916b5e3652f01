import { describe, expect, it } from 'vitest';
import { GRACE_MS, judgeRotation, withRotation } from './rotation.js';
import { RefreshTokens, refreshHash } from './refresh-token.js';

const NOW = 1_000_000_000;

/** The state after rotations so many milliseconds ago, oldest first. */
function rotated(...agesMs: number[]): { generation: number; recentRotations: number[] } {
  let recentRotations: number[] = [];
  for (const age of agesMs) recentRotations = withRotation(recentRotations, NOW - age);
  return { generation: agesMs.length, recentRotations };
}

describe('judgeRotation', () => {
  it('rotates the newest', () => {
    expect(judgeRotation(rotated(), 0, NOW)).toEqual({ kind: 'rotate' });
    expect(judgeRotation(rotated(90_000, 10), 2, NOW)).toEqual({ kind: 'rotate' });
  });

  it('repeats the one before for ever, while its successor was never used', () => {
    expect(judgeRotation(rotated(365 * 86_400_000), 0, NOW)).toEqual({ kind: 'repeat', steps: 1 });
  });

  it('repeats an older one until 30 s after the first use of its successor', () => {
    expect(judgeRotation(rotated(86_400_000, GRACE_MS), 0, NOW)).toEqual({ kind: 'repeat', steps: 2 });
    expect(judgeRotation(rotated(86_400_000, GRACE_MS + 1), 0, NOW)).toEqual({ kind: 'reused' });
  });

  it('judges each of several rotations within the grace by its own successor', () => {
    const state = rotated(50_000, 40_000, 20_000, 10_000);
    expect(judgeRotation(state, 3, NOW)).toEqual({ kind: 'repeat', steps: 1 });
    expect(judgeRotation(state, 2, NOW)).toEqual({ kind: 'repeat', steps: 2 });
    expect(judgeRotation(state, 1, NOW)).toEqual({ kind: 'repeat', steps: 3 });
    expect(judgeRotation(state, 0, NOW)).toEqual({ kind: 'reused' });
  });

  it('does not know the future', () => {
    expect(judgeRotation(rotated(5), 2, NOW)).toEqual({ kind: 'unknown' });
  });
});

describe('refresh tokens', () => {
  const session = '01890000-0000-7000-8000-000000000000';
  const tokens = new RefreshTokens('one secret of this installation');

  it('have one successor each', () => {
    const first = tokens.first(session);
    expect(tokens.successorOf(first)).toEqual(tokens.successorOf(first));
    expect(tokens.successorOf(first).generation).toBe(1);
    expect(tokens.successorOf(tokens.first(session)).text).not.toBe(tokens.successorOf(first).text);
  });

  it('are read back, and hashed to something that is not them', () => {
    const token = tokens.successorOf(tokens.first(session));
    expect(tokens.read(token.text)).toEqual(token);
    expect(refreshHash(token)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['another generation', (text: string) => text.replace('.0.', '.1.')],
    ['another session', (text: string) => text.replace('0189', '0188')],
    [
      'another secret',
      (text: string) => text.replace(/\.0\../, (part) => `.0.${part.at(-1) === 'A' ? 'B' : 'A'}`),
    ],
    ['more behind it', (text: string) => `${text}A`],
    ['nothing', () => ''],
  ])('are refused with %s', (_, change) => {
    expect(tokens.read(change(tokens.first(session).text))).toBeNull();
  });

  it('of another installation are refused', () => {
    expect(new RefreshTokens('another secret').read(tokens.first(session).text)).toBeNull();
  });
});
