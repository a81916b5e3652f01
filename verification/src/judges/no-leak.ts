import type { Judge, Violation } from './judge.js';
import type { Absence } from './memberships.js';
import { absences } from './memberships.js';
import { push } from './recorded.js';

export const noLeak: Judge = {
  name: 'no-leak',
  promises: ['G9', 'G12'],
  sentence:
    'Nothing reaches somebody who is no member when it is delivered: no frame, no page, nothing numbered after a removal.',
  judge: (recorded) => {
    const violations: Violation[] = [];
    const absent = new Map<string, Absence[]>();
    for (const absence of absences(recorded))
      push(absent, `${absence.user} ${absence.conversation}`, absence);
    /** When what carries a rev was asked for: it is certainly numbered after whatever was answered before that. */
    const askedAt = new Map<string, number>();
    for (const { invoke, ok } of recorded.operations) {
      if (ok?.message === undefined || ok.duplicate === true) continue;
      const key = `${invoke.conversation} ${String(ok.message.rev)}`;
      askedAt.set(key, Math.min(askedAt.get(key) ?? Number.POSITIVE_INFINITY, invoke.t));
    }
    let frames = 0;
    for (const frame of recorded.frames()) {
      frames += 1;
      const user = recorded.userOf.get(frame.device) ?? '';
      const absence = absent
        .get(`${user} ${frame.conversation}`)
        ?.find(({ from, to }) => from < frame.t && frame.t < to);
      if (absence === undefined) continue;
      const after = frame.messages.filter(({ rev }) =>
        absence.removalRev === null
          ? (askedAt.get(`${frame.conversation} ${String(rev)}`) ?? Number.NEGATIVE_INFINITY) > absence.from
          : rev > absence.removalRev,
      );
      if (after.length > 0) {
        violations.push({
          t: frame.t,
          what: `${frame.device}: got message ${String(after[0]?.seq)} (rev ${String(after[0]?.rev)}) of ${frame.conversation}, ${String(Math.round(frame.t - absence.from))} ms after its user was out`,
        });
      }
    }
    for (const walk of recorded.walks()) {
      const absence = absent
        .get(`${walk.user} ${walk.conversation}`)
        ?.find(({ from, to }) => from < walk.t && walk.t < to);
      if (absence !== undefined && walk.status === 200)
        violations.push({
          t: walk.t,
          what: `${walk.user} could read the history of ${walk.conversation} without being a member`,
        });
    }
    return {
      figures: {
        frames,
        absences: [...absent.values()].reduce((sum, list) => sum + list.length, 0),
        leaked: violations.length,
      },
      violations,
    };
  },
};
