import type { DatabaseConversation } from '../recording/entries.js';
import type { Judge, Violation } from './judge.js';
import type { Recorded } from './recorded.js';
import { push } from './recorded.js';

export const readPointers: Judge = {
  name: 'read-pointers',
  promises: ['G7'],
  sentence:
    'Read pointers never go back or pass the head; unread and mentions equal a recount, on all devices of a user alike.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const answered = new Map<string, { invoked: number; ended: number; readSeq: number }[]>();
    for (const { invoke, ok } of recorded.operations) {
      if (invoke.action !== 'read' || ok?.readSeq === undefined) continue;
      push(answered, `${invoke.user} ${invoke.conversation}`, {
        invoked: invoke.t,
        ended: ok.t,
        readSeq: ok.readSeq,
      });
      const head = recorded.database.get(invoke.conversation)?.lastSeq;
      if (head !== undefined && ok.readSeq > head)
        violations.push({
          t: ok.t,
          what: `${invoke.user} ${invoke.conversation}: pointer ${String(ok.readSeq)} above the head ${String(head)}`,
        });
    }
    let moves = 0;
    for (const [key, reads] of answered) {
      moves += reads.length;
      const byEnd = [...reads].sort((left, right) => left.ended - right.ended);
      let next = 0;
      let highest = 0;
      for (const read of [...reads].sort((left, right) => left.invoked - right.invoked)) {
        for (
          let earlier = byEnd[next];
          earlier !== undefined && earlier.ended < read.invoked;
          earlier = byEnd[next]
        ) {
          highest = Math.max(highest, earlier.readSeq);
          next += 1;
        }
        if (read.readSeq < highest)
          violations.push({
            t: read.ended,
            what: `${key}: pointer went back from ${String(highest)} to ${String(read.readSeq)}`,
          });
      }
    }
    const stored = new Map<string, number>();
    for (const { conversation, members } of recorded.database.values()) {
      for (const { user, readSeq } of members) stored.set(`${user} ${conversation}`, readSeq);
    }
    let recounts = 0;
    for (const walk of recorded.walks()) {
      const database = recorded.database.get(walk.conversation);
      if (walk.status !== 200 || database === undefined) continue;
      recounts += 1;
      const key = `${walk.user} ${walk.conversation}`;
      const pointer = stored.get(key) ?? 0;
      if (walk.readSeq !== pointer)
        violations.push({
          t: walk.t,
          what: `${key}: told the pointer is ${String(walk.readSeq)}, stored is ${String(pointer)}`,
        });
      if (pointer > database.lastSeq)
        violations.push({
          t: walk.t,
          what: `${key}: stored pointer ${String(pointer)} above the head ${String(database.lastSeq)}`,
        });
      for (const fault of miscounted(recount(database, walk.user, pointer, database.lastSeq), walk))
        violations.push({ t: walk.t, what: `${key}: told ${fault}` });
    }
    let onDevices = 0;
    for (const held of recorded.held()) {
      const pointer = stored.get(`${held.user} ${held.conversation}`);
      const database = recorded.database.get(held.conversation);
      if (pointer === undefined || database === undefined) continue;
      const label = `${held.device} ${held.conversation}`;
      if (held.readSeq !== pointer) {
        violations.push({
          t: held.t,
          what: `${label}: holds pointer ${String(held.readSeq)}, stored is ${String(pointer)}`,
        });
      }
      if (held.unread !== null) onDevices += 1;
      for (const fault of miscounted(recount(database, held.user, pointer, database.lastSeq), held))
        violations.push({ t: held.t, what: `${label}: shows ${fault}` });
    }
    const words = judgeWords(recorded);
    return {
      figures: { moves, recounts, onDevices, words: words.looked },
      violations: [...violations, ...words.violations],
    };
  },
};

interface Counts {
  unread: number;
  mentions: number;
}

/** By the rule of the contract: texts of others above the pointer; a deleted one keeps its place and mentions nobody. */
function recount({ rows }: DatabaseConversation, user: string, pointer: number, head: number): Counts {
  const unread = rows.filter(
    ({ kind, sender, seq }) => kind === 'text' && sender !== user && seq > pointer && seq <= head,
  );
  return {
    unread: unread.length,
    mentions: unread.filter(({ mentions }) => mentions?.some((id) => id === user || id === '*')).length,
  };
}

function miscounted(truth: Counts, told: { unread: number | null; mentions: number | null }): string[] {
  return (['unread', 'mentions'] as const).flatMap((what) =>
    told[what] === null || told[what] === truth[what]
      ? []
      : [`${String(told[what])} ${what}, a recount gives ${String(truth[what])}`],
  );
}

/** Each word of the server about somebody's side of a conversation, also in the middle of a fault, was right for its own head. */
function judgeWords(recorded: Recorded): { looked: number; violations: Violation[] } {
  const violations: Violation[] = [];
  const counted = new Map<string, number>();
  let looked = 0;
  for (const { t, device, user, conversation, lastSeq, readSeq, unread } of recorded.all('told')) {
    const database = recorded.database.get(conversation);
    if (database === undefined) continue;
    looked += 1;
    const key = `${user} ${conversation} ${String(readSeq)} ${String(lastSeq)}`;
    let truth = counted.get(key);
    if (truth === undefined) counted.set(key, (truth = recount(database, user, readSeq, lastSeq).unread));
    if (unread !== truth)
      violations.push({
        t,
        what: `${device} ${conversation}: was told ${String(unread)} unread between ${String(readSeq)} and ${String(lastSeq)}, a recount gives ${String(truth)}`,
      });
  }
  return { looked, violations };
}
