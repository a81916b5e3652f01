import { ApiPerson } from '../support/api.js';
import { log, message, openConversation } from '../support/screen.js';
import { expect, test } from '../support/test.js';

const COUNT = 260;

test('a long history is read upwards page by page, in order, without losing the place', async ({
  person,
}) => {
  const ada = await person('Ada History');
  const api = await ApiPerson.register('Cleo Program');
  const { id } = await api.start({ kind: 'group', memberIds: [ada.user.id], title: 'Long history' });
  for (let number = 1; number <= COUNT; number += 1) {
    await api.send(id, `entry ${number};${number % 7 === 0 ? '\nwith a second line\nand a third' : ''}`);
  }
  await openConversation(ada.page, id);
  const scroller = log(ada.page);
  const seen = new Set<number>();
  const visible = (): Promise<{ number: number; top: number }[]> =>
    scroller.evaluate((element) => {
      const box = element.getBoundingClientRect();
      return [...element.querySelectorAll('[role="article"]')]
        .map((row) => ({
          number: Number(/entry (\d+);/.exec(row.textContent)?.[1] ?? 0),
          top: row.getBoundingClientRect().top - box.top,
          bottom: row.getBoundingClientRect().bottom - box.top,
        }))
        .filter(({ number, bottom, top }) => number > 0 && bottom > 0 && top < box.height)
        .sort((a, b) => a.top - b.top);
    });

  await expect(message(ada.page, 'entry')).not.toHaveCount(0);
  await scroller.hover();
  // Up by less than a screen at a time: what was at the top must still be in sight after each step.
  for (let step = 0; step < 400 && !seen.has(1); step += 1) {
    const before = await visible();
    const numbers = before.map(({ number }) => number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    for (const number of numbers) seen.add(number);
    await ada.page.mouse.wheel(0, -400);
    await ada.page.waitForTimeout(60);
    const after = new Set((await visible()).map(({ number }) => number));
    expect(after.has(numbers[0] ?? 0), `entry ${numbers[0]} was at the top and is gone`).toBe(true);
  }
  expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
  await expect(ada.page.getByText('This group begins here.')).toBeVisible();

  await api.send(id, 'entry 261;');
  await expect(message(ada.page, 'entry 261;')).toHaveCount(0);
  await ada.page.getByRole('button', { name: /new|newest/ }).click();
  await expect(message(ada.page, 'entry 261;')).toBeVisible();
});
