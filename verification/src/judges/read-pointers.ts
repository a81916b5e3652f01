import type { Judge, Violation } from './judge.js';
import { push } from './recorded.js';

export const readPointers: Judge = {
  name: 'read-pointers',
  promises: ['G7'],
  sentence:
    'Read pointers never go back or pass the head; unread equals a recount, on all devices of a user alike.',
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
      const unread = database.rows.filter(
        (row) => row.kind === 'text' && row.sender !== walk.user && row.seq > pointer,
      ).length;
      if (walk.unread !== unread)
        violations.push({
          t: walk.t,
          what: `${key}: told ${String(walk.unread)} unread, a recount gives ${String(unread)}`,
        });
    }
    for (const held of recorded.held()) {
      const pointer = stored.get(`${held.user} ${held.conversation}`);
      if (pointer !== undefined && held.readSeq !== pointer) {
        violations.push({
          t: held.t,
          what: `${held.device} ${held.conversation}: holds pointer ${String(held.readSeq)}, stored is ${String(pointer)}`,
        });
      }
    }
    return { figures: { moves, recounts }, violations };
  },
};
