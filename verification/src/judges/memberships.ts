import type { DatabaseRow } from '../recording/entries.js';
import type { Recorded } from './recorded.js';
import { push } from './recorded.js';

/**
 * A time in which somebody was certainly not a member: after an end that was answered, before a new begin was asked for, or
 * before one that the log holds: a frozen instance that wakes adds whom it was asked to add long before.
 */
export interface Absence {
  user: string;
  conversation: string;
  from: number;
  to: number;
  /** Rev of the removal, where the log tells it; nothing above it may reach the user in this time. */
  removalRev: number | null;
  removalSeq: number | null;
}

/** Derives from the operations and the log who was not a member when. */
export function absences(recorded: Recorded): Absence[] {
  const events = new Map<string, { t: number; begins: boolean; removal: boolean }[]>();
  const everyone = new Set<string>();
  for (const { user } of recorded.all('user')) everyone.add(user);
  const conversations = recorded.all('conversation');
  for (const { conversation, members, t } of conversations) {
    for (const user of members) push(events, `${user} ${conversation}`, { t, begins: true, removal: false });
  }
  for (const { invoke, outcome, end, code } of recorded.operations) {
    const subjects = invoke.subjects ?? [invoke.user];
    const begins = invoke.action === 'add' || invoke.action === 'join';
    const ends = invoke.action === 'remove' || invoke.action === 'leave';
    // A repeat that finds nobody to remove says that an earlier attempt did it.
    const ended =
      ends && (outcome === 'ok' || (outcome === 'fail' && code === 'NOT_FOUND' && (invoke.attempt ?? 0) > 0));
    for (const user of subjects) {
      const key = `${user} ${invoke.conversation}`;
      if (begins && outcome !== 'fail') push(events, key, { t: invoke.t, begins: true, removal: false });
      if (ended) push(events, key, { t: end, begins: false, removal: invoke.action === 'remove' });
    }
  }
  const found: Absence[] = [];
  for (const { conversation } of conversations) {
    for (const user of everyone) {
      const key = `${user} ${conversation}`;
      const history = (events.get(key) ?? []).sort((left, right) => left.t - right.t);
      const additions = additionsInLog(recorded, conversation, user);
      const removals = removalsInLog(recorded, conversation, user);
      const counted = history.filter(({ removal }) => removal).length;
      let nth = 0;
      let absentFrom: number | null = Number.NEGATIVE_INFINITY;
      let removal: { seq: number; rev: number } | null = { seq: 0, rev: 0 };
      for (const event of history) {
        if (event.begins) {
          if (absentFrom !== null)
            found.push({
              user,
              conversation,
              from: absentFrom,
              to: Math.min(event.t, addedAgainAt(recorded, additions, absentFrom, removal)),
              removalRev: removal?.rev ?? null,
              removalSeq: removal?.seq ?? null,
            });
          absentFrom = null;
          continue;
        }
        // Only where every removal of the log was made by an operation of the run do the two lists match one to one.
        removal = event.removal && removals.length === counted ? (removals[nth] ?? null) : null;
        if (event.removal) nth += 1;
        absentFrom = event.t;
      }
      if (absentFrom !== null) {
        found.push({
          user,
          conversation,
          from: absentFrom,
          to: addedAgainAt(recorded, additions, absentFrom, removal),
          removalRev: removal?.rev ?? null,
          removalSeq: removal?.seq ?? null,
        });
      }
    }
  }
  return found;
}

function removalsInLog(recorded: Recorded, conversation: string, user: string): DatabaseRow[] {
  return rowsAbout(recorded, conversation, user, ['members-removed']);
}

/** Those that tell of the user's additions, in the order of the log. */
export function additionsInLog(recorded: Recorded, conversation: string, user: string): DatabaseRow[] {
  return rowsAbout(recorded, conversation, user, ['members-added', 'joined']);
}

function rowsAbout(recorded: Recorded, conversation: string, user: string, types: string[]): DatabaseRow[] {
  const rows = recorded.database.get(conversation)?.rows ?? [];
  return rows
    .filter(({ system }) => system !== null && types.includes(system.type) && system.userIds.includes(user))
    .sort((left, right) => left.seq - right.seq);
}

/** When the first addition after the removal was written, never before the absence began; infinite where the log holds none. */
function addedAgainAt(
  recorded: Recorded,
  additions: readonly DatabaseRow[],
  from: number,
  removal: { seq: number } | null,
): number {
  const next = additions.find(({ seq, id }) =>
    removal === null ? recorded.timeOfId(id) > from : seq > removal.seq,
  );
  const at = next === undefined ? Number.NaN : recorded.timeOfId(next.id);
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : Math.max(from, at);
}

/** Absences by who, and of pairs of people. */
export class AbsenceIndex {
  readonly count: number;
  private readonly byMembership = new Map<string, Absence[]>();
  private readonly conversations: string[];

  constructor(recorded: Recorded) {
    const all = absences(recorded);
    this.count = all.length;
    for (const absence of all) push(this.byMembership, `${absence.user} ${absence.conversation}`, absence);
    this.conversations = recorded.all('conversation').map(({ conversation }) => conversation);
  }

  /** The absence in which the moment lies. */
  at(user: string, conversation: string, t: number): Absence | undefined {
    return this.byMembership.get(`${user} ${conversation}`)?.find(({ from, to }) => from < t && t < to);
  }

  /** Since when two people have certainly shared no conversation; `null` while they may share one. */
  apartSince(one: string, other: string, t: number): number | null {
    let since = Number.NEGATIVE_INFINITY;
    for (const conversation of this.conversations) {
      const apart = [this.at(one, conversation, t), this.at(other, conversation, t)].flatMap((absence) =>
        absence === undefined ? [] : [absence.from],
      );
      if (apart.length === 0) return null;
      since = Math.max(since, Math.min(...apart));
    }
    return since;
  }
}
