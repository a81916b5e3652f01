import type { Judge, Violation } from './judge.js';
import type { Recorded } from './recorded.js';

export const convergence: Judge = {
  name: 'convergence',
  promises: ['G5', 'G6', 'G9'],
  sentence:
    'Ten seconds after the last action every device holds exactly what the database holds, and only what is its own.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    let windows = 0;
    let messages = 0;
    const firstShown = firstShownSeqs(recorded);
    const devices = new Map<string, { user: string; conversations: Set<string> }>();
    for (const held of recorded.held()) {
      const label = `${held.device} ${held.conversation}`;
      const device = devices.get(held.device) ?? { user: held.user, conversations: new Set() };
      device.conversations.add(held.conversation);
      devices.set(held.device, device);
      if (!held.connected) violations.push({ t: held.t, what: `${held.device} is not connected` });
      const database = recorded.database.get(held.conversation);
      if (database === undefined) continue;
      if (!database.members.some(({ user, left }) => user === held.user && !left)) {
        violations.push({ t: held.t, what: `${label}: still shown to someone who is no member` });
        continue;
      }
      if (held.rev < 0) continue;
      windows += 1;
      if (held.rev !== database.lastRev) {
        violations.push({
          t: held.t,
          what: `${label}: stands at rev ${String(held.rev)}, the database at ${String(database.lastRev)}`,
        });
      }
      const seqs = new Set(held.messages.map(({ seq }) => seq));
      // Changes of messages above the loaded window arrive too, so only what follows the newest page is unbroken.
      const top = Math.max(0, ...seqs);
      if (held.rev === database.lastRev && top !== database.lastSeq) {
        violations.push({
          t: held.t,
          what: `${label}: shows ${String(top)} as the newest message, the database has ${String(database.lastSeq)}`,
        });
      }
      const first = firstShown.get(label);
      if (first !== undefined && held.rev === database.lastRev) {
        const missing = database.rows.filter(({ seq }) => seq >= first && !seqs.has(seq));
        if (missing.length > 0)
          violations.push({
            t: held.t,
            what: `${label}: stands at the head and lacks message ${missing.map(({ seq }) => String(seq)).join(', ')}`,
          });
      }
      for (const message of held.messages) {
        messages += 1;
        const row = recorded.rowAt(held.conversation, message.seq);
        if (row?.rev !== message.rev || row.core !== message.core) {
          violations.push({
            t: held.t,
            what: `${label}: message ${String(message.seq)} is shown at rev ${String(message.rev)}, stored at ${String(row?.rev ?? 0)}${row?.rev === message.rev ? ' with other content' : ''}`,
          });
        }
      }
    }
    const memberOf = new Map<string, string[]>();
    for (const { conversation, members } of recorded.database.values()) {
      for (const { user, left } of members)
        if (!left) memberOf.set(user, [...(memberOf.get(user) ?? []), conversation]);
    }
    for (const [device, { user, conversations }] of devices) {
      for (const conversation of memberOf.get(user) ?? []) {
        if (!conversations.has(conversation))
          violations.push({
            t: recorded.endAt,
            what: `${device} does not know ${conversation}, of which its user is a member`,
          });
      }
    }
    return { figures: { devices: devices.size, windows, messages }, violations };
  },
};

/** Of each window that is open at the end, the lowest seq of the page it began with: from there to the head nothing may be missing. */
function firstShownSeqs(recorded: Recorded): Map<string, number> {
  const first = new Map<string, number>();
  for (const { device, conversation, messages } of recorded.windowStarts()) {
    const [lowest] = messages.map(({ seq }) => seq).sort((left, right) => left - right);
    first.set(`${device} ${conversation}`, lowest ?? 1);
  }
  return first;
}
