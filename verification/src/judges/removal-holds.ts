import type { Judge, Violation } from './judge.js';
import type { Absence } from './memberships.js';
import { absences, additionsInLog } from './memberships.js';
import { push } from './recorded.js';

/** G9: open sockets feel it within 5 s; what is written or read over REST at once. */
const SOCKET_GRACE_MS = 5_000;
const WRITES = new Set(['send', 'edit', 'delete', 'react', 'unreact']);

export const removalHolds: Judge = {
  name: 'removal-holds',
  promises: ['G9'],
  sentence:
    'Who was removed can do nothing there any more, and nothing of theirs is numbered after the removal.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const absent = new Map<string, Absence[]>();
    let removals = 0;
    for (const absence of absences(recorded)) {
      push(absent, `${absence.user} ${absence.conversation}`, absence);
      if (Number.isFinite(absence.from)) removals += 1;
    }
    let refused = 0;
    for (const { invoke, outcome, end, ok } of recorded.operations) {
      if (['add', 'join', 'create', 'remove', 'leave', 'logout'].includes(invoke.action)) continue;
      const absence = absent
        .get(`${invoke.user} ${invoke.conversation}`)
        ?.find(({ from, to }) => from < invoke.t && end < to);
      if (absence === undefined) continue;
      if (outcome === 'fail') refused += 1;
      if (outcome !== 'ok' || ok?.duplicate === true) continue;
      const graced =
        invoke.via === 'socket' && !WRITES.has(invoke.action) && invoke.t < absence.from + SOCKET_GRACE_MS;
      if (!graced)
        violations.push({
          t: invoke.t,
          what: `${invoke.user}: ${invoke.action} in ${invoke.conversation} worked ${String(Math.round(invoke.t - absence.from))} ms after the removal`,
        });
    }
    for (const list of absent.values()) {
      for (const [index, absence] of list.entries()) {
        const { user, conversation, removalSeq } = absence;
        if (removalSeq === null || removalSeq === 0) continue;
        // The number of the message that tells of the next addition; infinite where there is none.
        const until =
          additionsInLog(recorded, conversation, user).find(({ seq }) => seq > removalSeq)?.seq ??
          list[index + 1]?.removalSeq ??
          Number.POSITIVE_INFINITY;
        for (const { sender, kind, seq } of recorded.database.get(conversation)?.rows ?? []) {
          if (sender === user && kind === 'text' && seq > removalSeq && seq < until) {
            violations.push({
              t: absence.from,
              what: `${user}: message ${String(seq)} of ${conversation} is numbered after the removal (${String(removalSeq)})`,
            });
          }
        }
      }
    }
    return { figures: { removals, refused }, violations };
  },
};
