import fc from 'fast-check';
import type { LogStep } from './model-log.js';

const by = fc.constantFrom('me', 'bob', 'eve');
const at = fc.double({ min: 0, max: 0.999, noNaN: true });

/** What people do in a conversation, mostly writing. */
export const logStep: fc.Arbitrary<LogStep> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      by,
      mention: fc.boolean(),
      // One message in eight is not a text.
      system: fc.nat(7).map((n) => n === 0),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('edit', 'delete', 'react', 'reply'), at, by }),
  },
);
