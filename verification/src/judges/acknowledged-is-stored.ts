import type { Judge, Violation } from './judge.js';

export const acknowledgedIsStored: Judge = {
  name: 'acknowledged-is-stored',
  promises: ['G1', 'G11'],
  sentence: 'Every send that was acknowledged is in the database and in the history, with its id and number.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const walked = new Map<string, Set<string>>();
    for (const walk of recorded.walks()) {
      if (walk.status !== 200) continue;
      const ids = walked.get(walk.conversation) ?? new Set();
      for (const message of walk.messages) ids.add(`${message.id} ${String(message.seq)}`);
      walked.set(walk.conversation, ids);
    }
    let acknowledged = 0;
    for (const { invoke, ok } of recorded.operations) {
      if (invoke.action !== 'send' || ok === null) continue;
      acknowledged += 1;
      const database = recorded.database.get(invoke.conversation);
      if (database === undefined || ok.message === undefined) {
        violations.push({
          t: ok.t,
          what: `${invoke.clientMessageId ?? '?'}: acknowledged, and its conversation is not in the database`,
        });
        continue;
      }
      const { id, seq } = ok.message;
      if (recorded.rowAt(invoke.conversation, seq)?.id !== id) {
        violations.push({
          t: ok.t,
          what: `${invoke.clientMessageId ?? '?'}: acknowledged as number ${String(seq)}, lost from the database`,
        });
      }
      const pages = walked.get(invoke.conversation);
      if (pages !== undefined && !pages.has(`${id} ${String(seq)}`)) {
        violations.push({
          t: ok.t,
          what: `${invoke.clientMessageId ?? '?'}: acknowledged as number ${String(seq)}, missing from the history`,
        });
      }
    }
    return { figures: { acknowledged, lost: violations.length }, violations };
  },
};
