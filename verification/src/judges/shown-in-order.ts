import type { Judge, Violation } from './judge.js';

interface Shown {
  rev: number;
  top: number;
  revs: Map<number, number>;
}

export const shownInOrder: Judge = {
  name: 'shown-in-order',
  promises: ['G3', 'G5', 'G6', 'G11'],
  sentence: 'What a device shows grows by exactly one message after the other, and nothing shown goes back.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const shown = new Map<string, Shown>();
    let steps = 0;
    let messages = 0;
    for (const entry of recorded.entries) {
      if (entry.k !== 'window-start' && entry.k !== 'window-end' && entry.k !== 'applied') continue;
      const key = `${entry.device} ${entry.conversation}`;
      if (entry.k === 'window-end') {
        shown.delete(key);
        continue;
      }
      if (entry.k === 'window-start') {
        const top = entry.messages.reduce((highest, { seq }) => Math.max(highest, seq), 0);
        shown.set(key, {
          rev: entry.rev,
          top,
          revs: new Map(entry.messages.map(({ seq, rev }) => [seq, rev])),
        });
        continue;
      }
      const state = shown.get(key);
      if (state === undefined) {
        violations.push({ t: entry.t, what: `${key}: applied changes to what it does not show` });
        continue;
      }
      steps += 1;
      if (entry.from !== state.rev)
        violations.push({
          t: entry.t,
          what: `${key}: applied from rev ${String(entry.from)}, stood at ${String(state.rev)}`,
        });
      if (entry.to < entry.from)
        violations.push({
          t: entry.t,
          what: `${key}: went back from rev ${String(entry.from)} to ${String(entry.to)}`,
        });
      state.rev = entry.to;
      for (const { seq, rev } of [...entry.messages].sort((left, right) => left.seq - right.seq)) {
        messages += 1;
        const before = state.revs.get(seq);
        if (before !== undefined && before >= rev)
          violations.push({
            t: entry.t,
            what: `${key}: message ${String(seq)} went from rev ${String(before)} to ${String(rev)}`,
          });
        if (before === undefined && seq > state.top) {
          if (seq !== state.top + 1)
            violations.push({
              t: entry.t,
              what: `${key}: showed message ${String(seq)} after ${String(state.top)}`,
            });
          state.top = seq;
        }
        state.revs.set(seq, rev);
      }
    }
    return { figures: { steps, messages }, violations };
  },
};
