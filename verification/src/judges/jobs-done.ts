import type { OutboxConversation } from '../recording/entries.js';
import type { Judge, Violation } from './judge.js';

const NAMED = 5;

export const jobsDone: Judge = {
  name: 'jobs-done',
  promises: ['G1', 'G3', 'G10'],
  sentence:
    'Every change has its one outbox row, which names its message, and when it is quiet all of them are done.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const outboxes = new Map(recorded.all('outbox').map((outbox) => [outbox.conversation, outbox]));
    let rows = 0;
    let pending = 0;
    let missing = 0;
    let doubled = 0;
    for (const { conversation, lastRev, rows: messages, t } of recorded.database.values()) {
      const outbox = outboxes.get(conversation);
      if (outbox === undefined) {
        violations.push({ t, what: `${conversation}: its outbox was not read` });
        continue;
      }
      const say = (revs: number[], what: string): void => {
        if (revs.length === 0) return;
        const more = revs.length > NAMED ? ` and ${String(revs.length - NAMED)} more` : '';
        violations.push({
          t: outbox.t,
          what: `${conversation}: ${what} rev ${revs.slice(0, NAMED).join(', ')}${more}`,
        });
      };
      const { held, twice } = byRev(outbox);
      const open = outbox.rows.filter(({ done }) => !done).map(({ rev }) => rev);
      const gone = range(outbox.certainFrom, lastRev).filter((rev) => !held.has(rev));
      rows += outbox.rows.length;
      pending += open.length;
      missing += gone.length;
      doubled += twice.length;
      say(open, 'still pending is');
      say(gone, 'no row for');
      say(twice, 'more than one row for');
      say(
        [...held.keys()].filter((rev) => rev > lastRev || rev < 1),
        'a row for a change that never was,',
      );
      say(
        messages
          .filter(({ rev, id }) => held.has(rev) && held.get(rev) !== id)
          .map(({ rev }) => rev)
          .sort((left, right) => left - right),
        'another message is named by',
      );
    }
    return { figures: { rows, pending, missing, doubled }, violations };
  },
};

function byRev({ rows }: OutboxConversation): { held: Map<number, string | null>; twice: number[] } {
  const held = new Map<number, string | null>();
  const twice: number[] = [];
  for (const { rev, message } of rows) {
    if (held.has(rev)) twice.push(rev);
    held.set(rev, message);
  }
  return { held, twice };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
