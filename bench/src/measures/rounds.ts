/** Runs that are compared happen side by side, each first in turn, so that what the machine does meanwhile hits all alike. */
export interface Round<Run> {
  /** By subject. */
  readonly runs: ReadonlyMap<string, Run>;
  /** Why the round says nothing; empty where it counts. */
  readonly ailments: readonly string[];
}

export interface RoundOptions<Run> {
  readonly rounds: number;
  /** How many rounds more than these are tried where some were void. */
  readonly spareRounds: number;
  readonly subjects: readonly string[];
  readonly run: (subject: string) => Promise<Run>;
  readonly ailmentsOf: (run: Run) => readonly string[];
  readonly onRun: (run: Run) => void;
}

/** All rounds, void ones too: they are told, and not counted. */
export async function inRounds<Run>(options: RoundOptions<Run>): Promise<Round<Run>[]> {
  const { subjects, run, ailmentsOf, onRun } = options;
  const rounds: Round<Run>[] = [];
  let sound = 0;
  for (
    let attempt = 0;
    sound < options.rounds && attempt < options.rounds + options.spareRounds;
    attempt += 1
  ) {
    const first = attempt % subjects.length;
    const order = [...subjects.slice(first), ...subjects.slice(0, first)];
    const runs = new Map<string, Run>();
    const ailments: string[] = [];
    for (const subject of order) {
      const done = await run(subject);
      onRun(done);
      runs.set(subject, done);
      ailments.push(...ailmentsOf(done).map((ailment) => `${subject}: ${ailment}`));
    }
    rounds.push({ runs, ailments });
    if (ailments.length === 0) sound += 1;
  }
  return rounds;
}

/** Of one subject to another, a ratio a round that counts. */
export function ratios<Run>(
  rounds: readonly Round<Run>[],
  [over, under]: readonly [string, string],
  value: (run: Run) => number,
): number[] {
  return rounds.flatMap(({ runs, ailments }) => {
    const [one, other] = [runs.get(over), runs.get(under)];
    return ailments.length === 0 && one && other ? [value(one) / value(other)] : [];
  });
}

/** Of one subject over the rounds that count. */
export function valuesOf<Run>(
  rounds: readonly Round<Run>[],
  subject: string,
  value: (run: Run) => number,
): number[] {
  return rounds.flatMap(({ runs, ailments }) => {
    const run = runs.get(subject);
    return ailments.length === 0 && run !== undefined ? [value(run)] : [];
  });
}

/** What of the rounds belongs into a result whatever it says. */
export function toldOf<Run>(rounds: readonly Round<Run>[]): {
  soundRounds: number;
  voidRounds: number;
  raw: unknown;
  ailments: string[];
} {
  const sound = rounds.filter(({ ailments }) => ailments.length === 0).length;
  return {
    soundRounds: sound,
    voidRounds: rounds.length - sound,
    raw: rounds.map(({ ailments, runs }) => ({ ailments, runs: Object.fromEntries(runs) })),
    ailments: sound > 0 ? [] : rounds.flatMap(({ ailments }) => [...ailments]),
  };
}
