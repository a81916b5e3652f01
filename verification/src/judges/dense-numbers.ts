import type { Judge, Violation } from './judge.js';

export const denseNumbers: Judge = {
  name: 'dense-numbers',
  promises: ['G3'],
  sentence:
    'Messages are numbered 1 to the head without a hole, and no two changes share a rev or pass the head.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    let messages = 0;
    let revs = 0;
    const claims = new Map<string, Map<number, number>>();
    for (const { conversation, lastSeq, lastRev, rows, t } of recorded.database.values()) {
      const seqs = rows.map(({ seq }) => seq).sort((left, right) => left - right);
      messages += seqs.length;
      revs += lastRev;
      seqs.forEach((seq, index) => {
        if (seq !== index + 1 && seqs[index - 1] === index)
          violations.push({ t, what: `${conversation}: number ${String(index + 1)} is missing` });
      });
      const newest = seqs.at(-1) ?? 0;
      if (newest !== lastSeq)
        violations.push({
          t,
          what: `${conversation}: the counter says ${String(lastSeq)}, the newest message is ${String(newest)}`,
        });
      const top = rows.reduce((highest, { rev }) => Math.max(highest, rev), 0);
      if (top !== lastRev)
        violations.push({
          t,
          what: `${conversation}: the counter says rev ${String(lastRev)}, the newest change is ${String(top)}`,
        });
      claims.set(conversation, new Map(rows.map(({ rev, seq }) => [rev, seq])));
      if (claims.get(conversation)?.size !== rows.length)
        violations.push({ t, what: `${conversation}: two messages have the same rev` });
    }
    const reported = new Set<string>();
    for (const { conversation, seen, observer, t } of recorded.sightings()) {
      const known = claims.get(conversation);
      if (known === undefined) continue;
      const owner = known.get(seen.rev);
      if (owner === undefined) known.set(seen.rev, seen.seq);
      else if (owner !== seen.seq && !reported.has(`${conversation} ${String(seen.rev)}`)) {
        reported.add(`${conversation} ${String(seen.rev)}`);
        violations.push({
          t,
          what: `${conversation}: rev ${String(seen.rev)} belongs to message ${String(owner)} and, says ${observer}, to ${String(seen.seq)}`,
        });
      }
    }
    const observed = [...claims.values()].reduce((sum, known) => sum + known.size, 0);
    // A rev that nobody saw may have been overtaken in a merged frame; most must have been seen, else this proves little.
    return { figures: { messages, revs, revsSeen: observed }, violations };
  },
};
