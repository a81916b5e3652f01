import { describe, expect, it } from 'vitest';
import { Config } from '../config/config.js';
import type { ParleyError } from '../infra/errors/parley-error.js';
import { ConnectWork, type ConnectStage } from './connect-work.js';

const PATIENT = { waitMs: 60_000, isWanted: () => true };
const AT_ONCE = 2;

function configWithPool(poolSize: number): Config {
  return Object.assign(Object.create(Config.prototype) as Config, { database: { poolSize } });
}

/** Works that are begun and end when they are told to, by name. */
class Works {
  readonly begun: string[] = [];
  private readonly work = new ConnectWork(configWithPool(2 * AT_ONCE));
  private readonly ends: (() => void)[] = [];

  add(stage: ConnectStage, name: string, patience = PATIENT): Promise<string> {
    return this.work.run(
      stage,
      () => {
        this.begun.push(name);
        return new Promise<string>((resolve) =>
          this.ends.push(() => {
            resolve(name);
          }),
        );
      },
      patience,
    );
  }

  async endFirst(): Promise<void> {
    this.ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('what those read who connect', () => {
  it('is read by so many at once, and who has begun comes before who has not', async () => {
    const works = new Works();
    void works.add('token', 'a');
    void works.add('token', 'b');
    void works.add('token', 'c');
    void works.add('rooms', 'd');
    void works.add('sync', 'e');
    expect(works.begun).toEqual(['a', 'b']);
    await works.endFirst();
    await works.endFirst();
    expect(works.begun).toEqual(['a', 'b', 'e', 'd']);
    await works.endFirst();
    expect(works.begun).toEqual(['a', 'b', 'e', 'd', 'c']);
  });

  it('is not read for a connection that is gone, nor for one that has waited too long', async () => {
    const works = new Works();
    void works.add('token', 'a');
    void works.add('token', 'b');
    const gone = works.add('token', 'gone', { ...PATIENT, isWanted: () => false });
    const late = works.add('token', 'late', { ...PATIENT, waitMs: -1 });
    const last = works.add('token', 'last');
    const refused = Promise.all([
      expect(gone).rejects.toMatchObject({ code: 'UNAVAILABLE' }),
      expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE', details: { retryAfterMs: 2_000 } }),
    ]);
    await works.endFirst();
    await refused;
    expect(works.begun).toEqual(['a', 'b', 'last']);
    await works.endFirst();
    await works.endFirst();
    await expect(last).resolves.toBe('last');
  });

  it('is refused at once, with a time of its own to come back, where the queue is longer than a client waits', async () => {
    const works = new Works();
    const answers = Array.from({ length: 300 }, (_, number) =>
      works.add('token', String(number)).catch((error: unknown) => error),
    );
    const refusals = (await Promise.all(answers.slice(-10))) as ParleyError[];
    const times = refusals.map((error) => error.details.retryAfterMs ?? 0);
    expect(refusals.map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => 'UNAVAILABLE'));
    expect(new Set(times).size).toBe(10);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    // Who is in already is never refused for that.
    const sync = works.add('sync', 'sync');
    await works.endFirst();
    await works.endFirst();
    expect(works.begun.slice(2)).toContain('sync');
    await works.endFirst();
    await expect(sync).resolves.toBe('sync');
  });
});
