import type { Edges } from '../faults/plan.js';
import type { Random } from '../random.js';
import { Recorder } from '../recording/recorder.js';
import type { Cluster } from '../run/cluster.js';
import type { Device } from '../driver/device.js';
import { sleep } from '../driver/outcome.js';
import type { Person } from '../workload/people.js';
import { addDevice, register } from '../workload/people.js';

/** A scripted case. It fails with a sentence, and never leaves anything broken behind. */
export interface Story {
  name: string;
  sentence: string;
  run: (stage: Stage) => Promise<Record<string, number>>;
}

export interface Setting {
  cluster: Cluster;
  edges: Edges[];
  random: Random;
  short: boolean;
}

const LASTS_AT_MOST_MS = 120_000;

/** What a story stands on: people of its own, and a recording of its own. */
export class Stage {
  readonly recorder = new Recorder(null);
  private readonly devices: Device[] = [];
  private count = 0;

  constructor(
    readonly setting: Setting,
    private readonly prefix: string,
  ) {}

  get cluster(): Cluster {
    return this.setting.cluster;
  }
  get random(): Random {
    return this.setting.random;
  }

  async person(): Promise<Person> {
    this.count += 1;
    return register(this.cluster.url, `${this.prefix}${String(this.count)}`);
  }

  async device(
    person: Person,
    more: { socketUrl?: string; opens?: (id: string) => boolean } = {},
  ): Promise<Device> {
    const { device } = await addDevice(person, {
      url: this.cluster.url,
      recorder: this.recorder,
      random: this.random,
      ...more,
    });
    this.devices.push(device);
    expect(await device.start(), `${device.name} could not connect`);
    return device;
  }

  close(): void {
    for (const device of this.devices) device.stop();
  }
}

class Unmet extends Error {}

/** The story stops here, with this sentence, where the condition does not hold. */
export function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Unmet(otherwise);
}

/** Waits until something holds; the story stops with the sentence where it does not in time. Resolves with the time it took. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  withinMs: number,
  otherwise: string,
): Promise<number> {
  const start = Date.now();
  while (!(await condition())) {
    expect(Date.now() - start < withinMs, `${otherwise} (within ${String(withinMs)} ms)`);
    await sleep(25);
  }
  return Date.now() - start;
}

/** The value of an outcome that must be ok. */
export function value<T>(
  outcome: { kind: 'ok'; data: T } | { kind: 'refused'; code: string } | { kind: 'unknown'; why: string },
  what: string,
): T {
  if (outcome.kind === 'ok') return outcome.data;
  throw new Unmet(`${what}: ${outcome.kind === 'refused' ? outcome.code : outcome.why}`);
}

export interface Told {
  name: string;
  sentence: string;
  passed: boolean;
  ms: number;
  details: string[];
  figures: Record<string, number>;
}

export async function tell(story: Story, setting: Setting): Promise<Told> {
  const stage = new Stage(
    setting,
    `${story.name.replace(/[^a-z]/g, '').slice(0, 12)}${String(setting.random.between(1_000, 9_999))}-`,
  );
  const start = Date.now();
  let figures: Record<string, number> = {};
  const details: string[] = [];
  let tooLong: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    tooLong = setTimeout(() => {
      reject(new Unmet(`it did not end within ${String(LASTS_AT_MOST_MS / 1_000)} s`));
    }, LASTS_AT_MOST_MS);
  });
  try {
    figures = await Promise.race([story.run(stage), limit]);
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    details.push(error instanceof Unmet ? error.message : `it broke: ${why}`);
  }
  clearTimeout(tooLong);
  stage.close();
  return {
    name: story.name,
    sentence: story.sentence,
    passed: details.length === 0,
    ms: Date.now() - start,
    details,
    figures,
  };
}

/** Whatever a story left stopped runs again before the next one starts. */
export async function repair({ cluster, edges }: Setting): Promise<void> {
  for (const { postgres, redis, clients } of edges)
    for (const tunnel of [postgres, redis, clients]) tunnel.heal();
  cluster.postgres.resume();
  if (cluster.postgres.pid === null) await cluster.postgres.start();
  for (const process of [cluster.redis, ...cluster.instances, cluster.worker]) {
    if (process.pid === null) await process.start();
    else process.resume();
  }
}
