import type { Recorded } from './recorded.js';
import { push } from './recorded.js';

/** A rev reaching what a device shows. */
export interface Delivery {
  device: string;
  conversation: string;
  rev: number;
  committedAt: number;
  /** Infinite where it never was shown. */
  shownAt: number;
  /** Until when the device was connected without a break since before the commit; `-Infinity` where it was not. */
  connectedUntil: number;
  instance: string;
}

interface Showing {
  from: number;
  to: number;
  startRev: number;
  steps: { t: number; rev: number }[];
}

/** When each rev was first known to be committed: by an answer or a frame, whichever was seen first. */
function commitTimes(recorded: Recorded): Map<string, { rev: number; t: number }[]> {
  const first = new Map<string, Map<number, number>>();
  const note = (conversation: string, rev: number, t: number): void => {
    let revs = first.get(conversation);
    if (revs === undefined) {
      revs = new Map<number, number>();
      first.set(conversation, revs);
    }
    const known = revs.get(rev);
    if (known === undefined || t < known) revs.set(rev, t);
  };
  for (const entry of recorded.entries) {
    if (entry.k === 'frame') for (const seen of entry.messages) note(entry.conversation, seen.rev, entry.t);
  }
  for (const { ok, invoke } of recorded.operations) {
    if (ok?.message !== undefined && ok.duplicate !== true) note(invoke.conversation, ok.message.rev, ok.t);
  }
  const sorted = new Map<string, { rev: number; t: number }[]>();
  for (const [conversation, revs] of first) {
    sorted.set(
      conversation,
      [...revs].map(([rev, t]) => ({ rev, t })).sort((left, right) => left.rev - right.rev),
    );
  }
  return sorted;
}

function showings(recorded: Recorded): Map<string, Showing[]> {
  const byKey = new Map<string, Showing[]>();
  const open = new Map<string, Showing>();
  for (const entry of recorded.entries) {
    if (entry.k !== 'window-start' && entry.k !== 'window-end' && entry.k !== 'applied') continue;
    const key = `${entry.device} ${entry.conversation}`;
    const showing = open.get(key);
    if (entry.k === 'window-start') {
      if (showing !== undefined) showing.to = entry.t;
      const started = { from: entry.t, to: recorded.endAt, startRev: entry.rev, steps: [] };
      open.set(key, started);
      push(byKey, key, started);
    } else if (showing !== undefined && entry.k === 'applied')
      showing.steps.push({ t: entry.t, rev: entry.to });
    else if (showing !== undefined) {
      showing.to = entry.t;
      open.delete(key);
    }
  }
  return byKey;
}

/** Every change a device that showed its conversation and was connected when it was committed should have got. */
export function* deliveries(recorded: Recorded): Generator<Delivery> {
  const commits = commitTimes(recorded);
  const connections = new Map<string, { instance: string; from: number; to: number }[]>();
  for (const connection of recorded.connections) push(connections, connection.device, connection);
  for (const [key, windows] of showings(recorded)) {
    const [device = '', conversation = ''] = key.split(' ');
    const revs = commits.get(conversation) ?? [];
    const links = connections.get(device) ?? [];
    for (const showing of windows) {
      let step = 0;
      for (const { rev, t: committedAt } of revs) {
        if (rev <= showing.startRev) continue;
        if (committedAt < showing.from || committedAt > showing.to) continue;
        while (step < showing.steps.length && (showing.steps[step]?.rev ?? 0) < rev) step += 1;
        const shownAt = showing.steps[step]?.t ?? Number.POSITIVE_INFINITY;
        // A device that does not know its instance can not be excused with it.
        const link = links.find(
          ({ instance, from, to }) => instance !== '' && from <= committedAt && committedAt <= to,
        );
        yield {
          device,
          conversation,
          rev,
          committedAt,
          shownAt,
          connectedUntil: link === undefined ? Number.NEGATIVE_INFINITY : Math.min(link.to, showing.to),
          instance: link?.instance ?? '',
        };
      }
    }
  }
}
