import type { Judge, Violation } from './judge.js';

export const oneRowPerClientId: Judge = {
  name: 'one-row-per-client-id',
  promises: ['G2'],
  sentence:
    'One message for each conversation, sender and client id, and every answer about it names the same one.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    let doubled = 0;
    for (const [key, rows] of recorded.rowsByClientId) {
      if (rows.length === 1) continue;
      doubled += 1;
      violations.push({
        t: recorded.endAt,
        what: `${key}: ${String(rows.length)} rows (numbers ${rows.map(({ seq }) => seq).join(', ')})`,
      });
    }
    let repeats = 0;
    for (const [key, sends] of recorded.sends) {
      if (sends.length > 1) repeats += sends.length - 1;
      const answers = new Set(
        sends.flatMap(({ ok }) =>
          ok?.message === undefined ? [] : [`${ok.message.id} as ${String(ok.message.seq)}`],
        ),
      );
      if (answers.size > 1)
        violations.push({ t: sends[0]?.end ?? 0, what: `${key}: answered as ${[...answers].join(' and ')}` });
      const fresh = sends.filter(({ ok }) => ok?.duplicate === false);
      if (fresh.length > 1)
        violations.push({
          t: fresh[1]?.end ?? 0,
          what: `${key}: ${String(fresh.length)} answers say that they made it`,
        });
    }
    return { figures: { ids: recorded.rowsByClientId.size, repeats, doubled }, violations };
  },
};
