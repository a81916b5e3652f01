import type { Judge, Violation } from './judge.js';

interface Placed {
  id: string;
  seq: number;
  invoked: number;
  acknowledged: number;
}

export const realTimeOrder: Judge = {
  name: 'real-time-order',
  promises: ['G3'],
  sentence: 'What was acknowledged before something else was sent stands before it.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const byConversation = new Map<string, Placed[]>();
    for (const [, sends] of recorded.sends) {
      const acknowledged = sends
        .filter(({ ok }) => ok?.message !== undefined)
        .sort((left, right) => left.end - right.end)[0];
      if (acknowledged?.ok?.message === undefined) continue;
      const placed: Placed = {
        id: acknowledged.invoke.clientMessageId ?? '',
        seq: acknowledged.ok.message.seq,
        invoked: Math.min(...sends.map(({ invoke }) => invoke.t)),
        acknowledged: acknowledged.end,
      };
      const list = byConversation.get(acknowledged.invoke.conversation) ?? [];
      list.push(placed);
      byConversation.set(acknowledged.invoke.conversation, list);
    }
    let ordered = 0;
    for (const [conversation, placed] of byConversation) {
      const byInvoke = [...placed].sort((left, right) => left.invoked - right.invoked);
      const byAnswer = [...placed].sort((left, right) => left.acknowledged - right.acknowledged);
      let next = 0;
      let highest: Placed | undefined;
      for (const send of byInvoke) {
        for (
          let earlier = byAnswer[next];
          earlier !== undefined && earlier.acknowledged < send.invoked;
          earlier = byAnswer[next]
        ) {
          if (highest === undefined || earlier.seq > highest.seq) highest = earlier;
          next += 1;
        }
        if (highest === undefined) continue;
        ordered += 1;
        if (highest.seq >= send.seq) {
          violations.push({
            t: send.invoked,
            what: `${conversation}: ${send.id} is number ${String(send.seq)}, sent after ${highest.id} was acknowledged as ${String(highest.seq)}`,
          });
        }
      }
    }
    return { figures: { ordered, outOfOrder: violations.length }, violations };
  },
};
