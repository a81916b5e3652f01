import { describe, expect, it } from 'vitest';
import { GroupWriter } from './group-writer.js';

interface Item {
  conversationId: string;
  text: string;
  alone: boolean;
}

function item(conversationId: string, text: string, alone = false): Item {
  return { conversationId, text, alone };
}

/** A commit that the test finishes by hand. */
function heldCommits(slots = 3, restMs = 0) {
  const groups: { items: readonly Item[]; finish: () => void; fail: (error: unknown) => void }[] = [];
  const committed: string[] = [];
  const writer = new GroupWriter<Item, string>({
    named: 'The message',
    slots,
    restMs,
    queueOf: ({ conversationId }) => conversationId,
    lettersOf: ({ text }) => text.length,
    isAlone: ({ alone }) => alone,
    commit: (items) =>
      new Promise((resolve, reject) => {
        groups.push({
          items,
          finish: () => {
            resolve(items.map((one) => `stored ${one.text}`));
          },
          fail: reject,
        });
      }),
    committed: (items) => {
      committed.push(...items.map((one) => one.text));
    },
    failed: (error) => {
      throw error;
    },
  });
  return { writer, groups, committed };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe('the group writer', () => {
  it('sends the first at once and groups what arrives meanwhile', async () => {
    const { writer, groups, committed } = heldCommits();
    const first = writer.write(item('a', '1'));
    const others = ['2', '3', '4'].map((text) => writer.write(item('a', text)));
    expect(groups.map((group) => group.items.length)).toEqual([1]);
    groups[0]?.finish();
    expect(await first).toBe('stored 1');
    await settled();
    expect(groups[1]?.items.map((one) => one.text)).toEqual(['2', '3', '4']);
    groups[1]?.finish();
    await Promise.all(others);
    expect(committed).toEqual(['1', '2', '3', '4']);
  });

  it('keeps three groups under way, of different conversations, of at most 64', async () => {
    const { writer, groups } = heldCommits();
    const writes = Array.from({ length: 200 }, (_, index) =>
      writer.write(item(`c${String(index % 100)}`, String(index))),
    );
    expect(groups.length).toBe(3);
    // The list grows while it is walked: each that finishes makes room for the next.
    for (const underWay of groups) {
      expect(underWay.items.length).toBeLessThanOrEqual(64);
      underWay.finish();
      await settled();
    }
    await Promise.all(writes);
  });

  it('leaves those that must be alone alone, in their order', async () => {
    const { writer, groups, committed } = heldCommits();
    const writes = [writer.write(item('a', '0'))];
    writes.push(...['1', 'alone', '2'].map((text) => writer.write(item('a', text, text === 'alone'))));
    for (let index = 0; index < 4; index += 1) {
      groups[index]?.finish();
      await settled();
    }
    await Promise.all(writes);
    expect(groups.map((group) => group.items.map((one) => one.text))).toEqual([
      ['0'],
      ['1'],
      ['alone'],
      ['2'],
    ]);
    expect(committed).toEqual(['0', '1', 'alone', '2']);
  });

  it('does not stop at one of another conversation that must be alone', async () => {
    const { writer, groups } = heldCommits();
    const held = ['x', 'y', 'z'].map((id) => writer.write(item(id, id)));
    const writes = [item('a', '1'), item('b', 'alone', true), item('c', '2')].map((one) => writer.write(one));
    for (let index = 0; index < 5; index += 1) {
      groups[index]?.finish();
      await settled();
    }
    await Promise.all([...held, ...writes]);
    expect(groups.slice(3).map((group) => group.items.map((one) => one.text))).toEqual([
      ['1', '2'],
      ['alone'],
    ]);
  });

  it('lets what nobody waits for rest: the first goes at once, the next together, and a whole group without a rest', async () => {
    const { writer, groups } = heldCommits(1, 100);
    const first = writer.write(item('a', '1'));
    expect(groups.length).toBe(1);
    groups[0]?.finish();
    await first;
    const two = [writer.write(item('b', '2')), writer.write(item('c', '3'))];
    await settled();
    expect(groups.length).toBe(1);
    await expect.poll(() => groups.length).toBe(2);
    expect(groups[1]?.items.map((one) => one.text)).toEqual(['2', '3']);
    groups[1]?.finish();
    await Promise.all(two);
    const whole = Array.from({ length: 64 }, (_, index) => writer.write(item(`d${String(index)}`, 'x')));
    expect(groups[2]?.items.length).toBe(64);
    groups[2]?.finish();
    await Promise.all(whole);
  });

  it('repeats a passing fault with the same items', async () => {
    const { writer, groups } = heldCommits();
    const write = writer.write(item('a', '1'));
    groups[0]?.fail(Object.assign(new Error('deadlock detected'), { code: '40P01' }));
    await expect.poll(() => groups.length).toBe(2);
    expect(groups[1]?.items).toEqual(groups[0]?.items);
    groups[1]?.finish();
    expect(await write).toBe('stored 1');
  });

  it('writes the items of a failed group one by one', async () => {
    const { writer, groups } = heldCommits();
    void writer.write(item('a', '1'));
    const bad = writer.write(item('a', 'bad'));
    const good = writer.write(item('a', 'good'));
    groups[0]?.finish();
    await settled();
    groups[1]?.fail(Object.assign(new Error('invalid byte sequence'), { code: '22021' }));
    await settled();
    groups[2]?.fail(Object.assign(new Error('invalid byte sequence'), { code: '22021' }));
    await expect(bad).rejects.toThrow('invalid byte sequence');
    await settled();
    groups[3]?.finish();
    expect(await good).toBe('stored good');
  });

  it('refuses at once what could not be written in time, and takes the next when there is room again', async () => {
    const { writer, groups, committed } = heldCommits();
    const first = writer.write(item('a', 'slow'));
    await new Promise((resolve) => setTimeout(resolve, 400));
    groups[0]?.finish();
    await first;
    // Commits take 400 ms: in one conversation four groups of 64 are written within 1.7 s, and no fifth.
    const writes = Array.from({ length: 64 * 5 }, (_, index) => writer.write(item('a', String(index))));
    const refused: unknown[] = [];
    for (const write of writes) write.catch((error: unknown) => refused.push(error));
    await settled();
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThanOrEqual(64);
    expect(refused[0]).toMatchObject({
      code: 'UNAVAILABLE',
      details: { retryAfterMs: expect.any(Number) as number },
    });
    // Other conversations have slots of their own.
    const other = writer.write(item('b', 'other'));
    for (const underWay of groups.slice(1)) underWay.finish();
    await other;
    while (committed.length < 2 + writes.length - refused.length) {
      for (const underWay of groups) underWay.finish();
      await settled();
    }
    const again = writer.write(item('a', 'again'));
    groups.at(-1)?.finish();
    expect(await again).toBe('stored again');
    expect(committed.filter((text) => Number(text) >= 0)).toEqual(
      Array.from({ length: writes.length - refused.length }, (_, index) => String(index)),
    );
  });

  it('answers UNAVAILABLE within 2 s while nothing can be committed', async () => {
    const { writer, groups } = heldCommits();
    const started = Date.now();
    const hanging = writer.write(item('a', '1'));
    const behind = writer.write(item('a', '2'));
    await expect(hanging).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(behind).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(Date.now() - started).toBeLessThan(2_000);
    groups[0]?.finish();
    await settled();
    expect(groups.length).toBe(1);
  });
});
