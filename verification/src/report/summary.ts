import { ALL_JUDGES } from '../judges/all-judges.js';
import { deliveries } from '../judges/deliveries.js';
import type { Finding, Judge } from '../judges/judge.js';
import { percentile } from '../judges/judge.js';
import { Recorded } from '../judges/recorded.js';
import type { Recovery } from '../judges/recovery.js';
import { recoveries } from '../judges/recovery.js';
import type { Entry } from '../recording/entries.js';

export interface Verdict extends Finding {
  name: string;
  promises: string[];
  sentence: string;
  passed: boolean;
}

/** A stretch of the run, for the picture: latencies of what was committed or sent in it. */
export interface Bucket {
  t: number;
  deliveries: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  sends: number;
  sendP99Ms: number;
  unknown: number;
}

export interface Summary {
  passed: boolean;
  seed: number;
  mode: string;
  startedAt: string;
  instances: number;
  durationMs: number;
  people: number;
  devices: number;
  conversations: number;
  verdicts: Verdict[];
  stories: Extract<Entry, { k: 'story' }>[];
  recoveries: Recovery[];
  buckets: Bucket[];
  quietAt: number;
}

const BUCKETS = 240;

export function judgeAll(recorded: Recorded, judges: readonly Judge[] = ALL_JUDGES): Verdict[] {
  return judges.map(({ name, promises, sentence, judge }) => {
    const finding = judge(recorded);
    return { name, promises, sentence, passed: finding.violations.length === 0, ...finding };
  });
}

/** Judges of what an install shows nobody outside: its jobs, its processes, how far others have read, what is down. */
const NEED_THE_INSIDE = new Set(['read-pointers', 'jobs-done', 'degraded-modes', 'processes-live']);

function judgesFor(recorded: Recorded, judges: readonly Judge[]): readonly Judge[] {
  return recorded.all('run')[0]?.mode === 'target'
    ? judges.filter(({ name }) => !NEED_THE_INSIDE.has(name))
    : judges;
}

export function summarize(entries: readonly Entry[], judges: readonly Judge[] = ALL_JUDGES): Summary {
  const recorded = new Recorded(entries);
  const names = namesOf(recorded);
  const verdicts = judgeAll(recorded, judgesFor(recorded, judges)).map((verdict) => ({
    ...verdict,
    violations: verdict.violations.map(({ t, what }) => ({ t, what: named(what, names) })),
  }));
  const run = recorded.all('run')[0];
  const stories = recorded.all('story');
  return {
    passed: verdicts.every(({ passed }) => passed) && stories.every(({ passed }) => passed),
    seed: run?.seed ?? 0,
    mode: run?.mode ?? '',
    startedAt: run?.startedAt ?? '',
    instances: run?.instances ?? 0,
    durationMs: Math.round(recorded.endAt),
    people: recorded.all('user').length,
    devices: recorded.all('device').length,
    conversations: recorded.all('conversation').length,
    verdicts,
    stories,
    recoveries: recoveries(recorded),
    buckets: bucketsOf(recorded),
    quietAt: Number.isFinite(recorded.quietAt) ? recorded.quietAt : recorded.endAt,
  };
}

const ID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;

/** What people and conversations are called, and which process an instance was: nobody knows them by their ids. */
function namesOf(recorded: Recorded): Map<string, string> {
  return new Map([
    ...recorded.all('user').map(({ user, name }) => [user, name] as const),
    ...recorded.all('conversation').map(({ conversation, label }) => [conversation, `"${label}"`] as const),
    ...recorded
      .all('process')
      .flatMap(({ instance, process }) => (instance === null ? [] : [[instance, process] as const])),
  ]);
}

function named(what: string, names: Map<string, string>): string {
  return what.replace(ID, (id) => names.get(id) ?? id);
}

function bucketsOf(recorded: Recorded): Bucket[] {
  const end = Number.isFinite(recorded.quietAt) ? recorded.quietAt + 12_000 : recorded.endAt;
  const width = Math.max(500, end / BUCKETS);
  const buckets = Array.from({ length: Math.ceil(end / width) }, (_, index) => ({
    t: index * width,
    delivered: [] as number[],
    sent: [] as number[],
    unknown: 0,
  }));
  const at = (t: number): (typeof buckets)[number] | undefined => buckets[Math.floor(t / width)];
  for (const { committedAt, shownAt, connectedUntil } of deliveries(recorded)) {
    if (shownAt <= connectedUntil) at(committedAt)?.delivered.push(Math.max(0, shownAt - committedAt));
  }
  for (const { invoke, outcome, end: ended, code } of recorded.operations) {
    if (invoke.action !== 'send') continue;
    const bucket = at(invoke.t);
    if (bucket === undefined) continue;
    if (Number.isFinite(ended)) bucket.sent.push(ended - invoke.t);
    if (outcome === 'info' && code !== 'not connected') bucket.unknown += 1;
  }
  return buckets.map(({ t, delivered, sent, unknown }) => {
    delivered.sort((left, right) => left - right);
    sent.sort((left, right) => left - right);
    return {
      t: Math.round(t),
      deliveries: delivered.length,
      p50Ms: Math.round(percentile(delivered, 0.5)),
      p99Ms: Math.round(percentile(delivered, 0.99)),
      maxMs: Math.round(delivered.at(-1) ?? 0),
      sends: sent.length,
      sendP99Ms: Math.round(percentile(sent, 0.99)),
      unknown,
    };
  });
}
