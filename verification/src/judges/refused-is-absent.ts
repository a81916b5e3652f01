import type { Judge, Violation } from './judge.js';
import { sendKey } from './recorded.js';

export const refusedIsAbsent: Judge = {
  name: 'refused-is-absent',
  promises: ['G1'],
  sentence: 'Nothing that was definitely refused is stored, and every stored text was sent by somebody.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    let rows = 0;
    for (const database of recorded.database.values()) {
      for (const row of database.rows) {
        if (row.kind !== 'text' || row.clientMessageId === null) continue;
        rows += 1;
        const sends = recorded.sends.get(sendKey(database.conversation, row.sender, row.clientMessageId));
        if (sends === undefined) {
          violations.push({ t: database.t, what: `${row.clientMessageId}: stored, and nobody sent it` });
        } else if (sends.every(({ outcome }) => outcome === 'fail')) {
          violations.push({
            t: database.t,
            what: `${row.clientMessageId}: stored, and every send of it was refused: ${sends.map(({ code }) => code).join(', ')}`,
          });
        }
      }
    }
    const refused = recorded.operations.filter(
      ({ invoke, outcome }) => invoke.action === 'send' && outcome === 'fail',
    ).length;
    return { figures: { rows, refused }, violations };
  },
};
