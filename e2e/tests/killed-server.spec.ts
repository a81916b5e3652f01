import { kill } from 'node:process';
import { ApiPerson } from '../support/api.js';
import { apiProcess } from '../support/product.js';
import { message, openConversation, say, textsStartingWith, waitUntilSent } from '../support/screen.js';
import { expect, test } from '../support/test.js';

test('the server is killed in the middle of sending: a banner, then everything is there once', async ({
  person,
}) => {
  const ada = await person('Ada Survives');
  const bob = await person('Bob Survives');
  const api = await ApiPerson.register('Cleo Program');
  const { id } = await api.start({
    kind: 'group',
    memberIds: [ada.user.id, bob.user.id],
    title: 'Killed server',
  });
  await openConversation(ada.page, id);
  await openConversation(bob.page, id);
  await say(ada.page, 'before');
  await expect(message(bob.page, 'before')).toBeVisible();

  const killed = apiProcess();
  for (const number of [1, 2, 3]) await say(ada.page, `during ${number}`);
  kill(killed, 'SIGKILL');
  for (const number of [4, 5, 6]) await say(ada.page, `during ${number}`);
  await expect(ada.page.getByText('Connection lost.')).toBeVisible();

  await expect(ada.page.getByText('Connected again')).toBeVisible({ timeout: 45_000 });
  expect(apiProcess()).not.toBe(killed);
  await say(ada.page, 'after');
  const lines = [1, 2, 3, 4, 5, 6].map((number) => `during ${number}`);
  for (const page of [ada.page, bob.page]) {
    await expect(message(page, 'after')).toBeVisible({ timeout: 20_000 });
    await waitUntilSent(page);
    expect((await textsStartingWith(page, 'during')).map((text) => text.slice(0, 8))).toEqual(lines);
  }
  const stored = (await api.history(id)).filter(({ kind }) => kind === 'text').map(({ text }) => text);
  expect(stored).toEqual(['before', ...lines, 'after']);
});
