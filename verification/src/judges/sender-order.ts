import type { Judge, Violation } from './judge.js';
import { sendKey } from './recorded.js';

export const senderOrder: Judge = {
  name: 'sender-order',
  promises: ['G4'],
  sentence: 'What one device queued for a conversation stands in that order.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const last = new Map<string, { n: number; seq: number }>();
    let queued = 0;
    for (const entry of recorded.all('enqueue')) {
      const user = recorded.userOf.get(entry.device) ?? '';
      const id = sendKey(entry.conversation, user, entry.clientMessageId);
      const row = recorded.rowsByClientId.get(id)?.[0];
      // Refused, and made by a repeat later on: that one's place was never promised.
      const settled = recorded.sends
        .get(id)
        ?.some(({ invoke, outcome }) => invoke.repeat !== true && outcome === 'ok');
      if (row === undefined || settled !== true) continue;
      queued += 1;
      const key = `${entry.device} ${entry.conversation}`;
      const before = last.get(key);
      if (before !== undefined && row.seq <= before.seq) {
        violations.push({
          t: entry.t,
          what: `${key}: entry ${String(entry.n)} is number ${String(row.seq)}, entry ${String(before.n)} is ${String(before.seq)}`,
        });
      }
      last.set(key, { n: entry.n, seq: row.seq });
    }
    return { figures: { queued, outOfOrder: violations.length }, violations };
  },
};
