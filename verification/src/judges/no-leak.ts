import type { Heard } from '../recording/entries.js';
import type { Judge, Violation } from './judge.js';
import { deadlineAfter, excusing } from './live-delivery.js';
import { AbsenceIndex } from './memberships.js';
import type { FaultWindow, Recorded } from './recorded.js';

/** G9: what has no number, presence too, may be on its way for so long after somebody was taken out. */
const UNNUMBERED_MS = 5_000;
/** The checker's own process shares two cores with the whole cluster: its clock of events is late by some of this. */
const SLACK_MS = 1_000;
/** It tells those who are out that they are. */
const FAREWELL = 'conversation:removed';

export const noLeak: Judge = {
  name: 'no-leak',
  promises: ['G9', 'G12'],
  sentence:
    'Nothing reaches somebody who is no member when it is delivered: no frame of any kind, no page, nothing numbered after a removal, no presence of strangers.',
  judge: (recorded) => {
    const absent = new AbsenceIndex(recorded);
    const frames = leakedFrames(recorded, absent);
    const events = leakedEvents(recorded, absent);
    const violations = [...frames.violations, ...events.violations];
    for (const walk of recorded.walks()) {
      if (walk.status === 200 && absent.at(walk.user, walk.conversation, walk.t) !== undefined)
        violations.push({
          t: walk.t,
          what: `${walk.user} could read the history of ${walk.conversation} without being a member`,
        });
    }
    return {
      figures: {
        frames: frames.looked,
        otherEvents: events.looked,
        peopleTold: events.people,
        absences: absent.count,
        leaked: violations.length,
      },
      violations,
    };
  },
};

/** What has numbers is judged by them, without any allowance. */
function leakedFrames(recorded: Recorded, absent: AbsenceIndex): { looked: number; violations: Violation[] } {
  const violations: Violation[] = [];
  /** When what carries a rev was asked for: it is certainly numbered after whatever was answered before that. */
  const askedAt = new Map<string, number>();
  for (const { invoke, ok } of recorded.operations) {
    if (ok?.message === undefined || ok.duplicate === true) continue;
    const key = `${invoke.conversation} ${String(ok.message.rev)}`;
    askedAt.set(key, Math.min(askedAt.get(key) ?? Number.POSITIVE_INFINITY, invoke.t));
  }
  let looked = 0;
  for (const frame of recorded.frames()) {
    looked += 1;
    const absence = absent.at(recorded.userOf.get(frame.device) ?? '', frame.conversation, frame.t);
    if (absence === undefined) continue;
    const { removalRev } = absence;
    const after = frame.messages.filter(({ rev }) =>
      removalRev === null
        ? (askedAt.get(`${frame.conversation} ${String(rev)}`) ?? Number.NEGATIVE_INFINITY) > absence.from
        : rev > removalRev,
    );
    // A frame without messages tells how much was written all the same.
    const counts = frame.messages.length === 0 && removalRev !== null && frame.toRev > removalRev;
    if (after.length === 0 && !counts) continue;
    const what = counts
      ? `revs to ${String(frame.toRev)}`
      : `message ${String(after[0]?.seq)} (rev ${String(after[0]?.rev)})`;
    violations.push({
      t: frame.t,
      what: `${frame.device}: got ${what} of ${frame.conversation}, ${sinceOut(frame.t, absence.from)}`,
    });
  }
  return { looked, violations };
}

/** What has no numbers: summaries, heads, receipts, who types, names, and who is online. */
function leakedEvents(
  recorded: Recorded,
  absent: AbsenceIndex,
): { looked: number; people: number; violations: Violation[] } {
  const violations: Violation[] = [];
  const excusesOf = allowance(recorded);
  let looked = 0;
  let people = 0;
  for (const heard of recorded.all('heard')) {
    looked += 1;
    const user = recorded.userOf.get(heard.device) ?? '';
    for (const conversation of heard.event === FAREWELL ? [] : heard.conversations) {
      const absence = absent.at(user, conversation, heard.t);
      if (absence === undefined || heard.t <= excusesOf(heard, absence.from, UNNUMBERED_MS)) continue;
      violations.push({
        t: heard.t,
        what: `${heard.device}: got \`${heard.event}\` of ${conversation}, ${sinceOut(heard.t, absence.from)}`,
      });
    }
    // Who takes part in a conversation may be told of in it; these stand alone.
    if (heard.conversations.length > 0) continue;
    for (const other of heard.users) {
      if (other === user) continue;
      people += 1;
      const apart = absent.apartSince(user, other, heard.t);
      if (apart === null || heard.t <= excusesOf(heard, apart, UNNUMBERED_MS)) continue;
      violations.push({
        t: heard.t,
        what: `${heard.device}: got \`${heard.event}\` of ${other}, with whom its user shares no conversation${Number.isFinite(apart) ? ` since ${String(Math.round(heard.t - apart))} ms` : ''}`,
      });
    }
  }
  return { looked, people, violations };
}

/** Until when something may still arrive that was on its way: what stands in a frozen instance is sent when it wakes. */
function allowance(recorded: Recorded): (heard: Heard, from: number, allowed: number) => number {
  const instanceOf = new Map(
    recorded
      .all('connect')
      .map(({ device, connection, instance }) => [`${device} ${String(connection)}`, instance]),
  );
  const excuses = excusing(recorded);
  const cached = new Map<string, FaultWindow[]>();
  return ({ device, connection }, from, allowed) => {
    const instance = instanceOf.get(`${device} ${String(connection)}`) ?? '';
    let windows = cached.get(instance);
    if (windows === undefined) cached.set(instance, (windows = excuses(instance)));
    return deadlineAfter(from, allowed + SLACK_MS, windows);
  };
}

function sinceOut(t: number, from: number): string {
  return Number.isFinite(from)
    ? `${String(Math.round(t - from))} ms after its user was out`
    : 'of which its user never was a member';
}
