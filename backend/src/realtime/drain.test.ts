import { expect, it } from 'vitest';
import { reconnectSpread } from './drain.js';

it.each([
  { sockets: 1, spreadMs: 100 },
  { sockets: 50, spreadMs: 1_000 },
  { sockets: 500, spreadMs: 10_000 },
  // All phases together end before an orchestrator kills.
  { sockets: 15_000, spreadMs: 10_000 },
])('spreads $sockets sockets over $spreadMs ms', ({ sockets, spreadMs }) => {
  expect(reconnectSpread(sockets)).toBe(spreadMs);
});
