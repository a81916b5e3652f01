import { ApiPerson } from '../support/api.js';
import {
  composer,
  message,
  openConversation,
  say,
  textsStartingWith,
  waitUntilSent,
} from '../support/screen.js';
import { expect, test } from '../support/test.js';

test('what is written offline is sent once and in order, and what was missed arrives', async ({ person }) => {
  const ada = await person('Ada Offline');
  const bob = await person('Bob Online');
  const api = await ApiPerson.register('Cleo Program');
  const { id } = await api.start({
    kind: 'group',
    memberIds: [ada.user.id, bob.user.id],
    title: 'Broken network',
  });
  await openConversation(ada.page, id);
  await openConversation(bob.page, id);
  await say(ada.page, 'word 0');
  await expect(message(bob.page, 'word 0')).toBeVisible();

  await ada.page.context().setOffline(true);
  await expect(ada.page.getByText('You are offline')).toBeVisible();
  for (const number of [1, 2, 3, 4, 5]) await say(ada.page, `word ${number}`);
  await expect(message(ada.page, 'word 5').getByRole('img', { name: 'Waiting to be sent' })).toBeVisible();
  for (const number of [1, 2, 3]) await say(bob.page, `missed ${number}`);
  await expect(message(bob.page, 'missed 3').getByRole('img', { name: /Sent|Read/ })).toBeVisible();
  await expect(message(bob.page, 'word 1')).toHaveCount(0);

  await ada.page.context().setOffline(false);
  await expect(ada.page.getByText('Connected again')).toBeVisible({ timeout: 20_000 });
  const lines = ['word 0', 'word 1', 'word 2', 'word 3', 'word 4', 'word 5'];
  const missed = ['missed 1', 'missed 2', 'missed 3'];
  for (const page of [ada.page, bob.page]) {
    await expect(message(page, 'word 5')).toBeVisible();
    await waitUntilSent(page);
    expect((await textsStartingWith(page, 'word')).map((text) => text.slice(0, 6))).toEqual(lines);
    expect((await textsStartingWith(page, 'missed')).map((text) => text.slice(0, 8))).toEqual(missed);
  }
  const stored = (await api.history(id)).map(({ text }) => text);
  expect(stored.filter((text) => text.startsWith('word'))).toEqual(lines);
});

test('a message that waits survives a reload and is sent once', async ({ person }) => {
  const ada = await person('Ada Reload');
  const api = await ApiPerson.register('Cleo Program');
  const { id } = await api.start({ kind: 'direct', memberIds: [ada.user.id] });
  let cut = true;
  await ada.page.routeWebSocket(/socket\.io/, async (socket) => {
    if (cut) await socket.close({ code: 1011, reason: 'cut by the test' });
    else socket.connectToServer();
  });
  await openConversation(ada.page, id);
  await say(ada.page, 'still here after a reload');
  await expect(
    message(ada.page, 'still here after a reload').getByRole('img', { name: /Waiting|Sending/ }),
  ).toBeVisible();
  await composer(ada.page).fill('a draft');
  await expect(ada.page.getByText('No connection.')).toBeVisible();

  await ada.page.reload();
  await expect(
    message(ada.page, 'still here after a reload').getByRole('img', { name: /Waiting|Sending/ }),
  ).toBeVisible();
  await expect(composer(ada.page)).toHaveValue('a draft');
  expect((await api.history(id)).filter(({ kind }) => kind === 'text')).toEqual([]);

  cut = false;
  await expect(
    message(ada.page, 'still here after a reload').getByRole('img', { name: 'Sent', exact: true }),
  ).toBeVisible({
    timeout: 20_000,
  });
  const texts = (await api.history(id)).filter(({ kind }) => kind === 'text').map(({ text }) => text);
  expect(texts).toEqual(['still here after a reload']);
  await expect(message(ada.page, 'still here after a reload')).toHaveCount(1);
});

test('two tabs have one queue: each message is sent once, in order, also when the tab that sends is closed', async ({
  person,
}) => {
  const ada = await person('Ada Two Tabs');
  const bob = await person('Bob One Tab');
  const api = await ApiPerson.register('Cleo Program');
  const { id } = await api.start({
    kind: 'group',
    memberIds: [ada.user.id, bob.user.id],
    title: 'Two tabs',
  });
  const second = await ada.page.context().newPage();
  for (const page of [ada.page, second, bob.page]) await openConversation(page, id);
  // While both are online, whichever of them sends.
  await say(ada.page, 'line 1');
  await say(second, 'line 2');
  await expect(message(bob.page, 'line 2')).toBeVisible();

  await ada.page.context().setOffline(true);
  await expect(second.getByText('You are offline')).toBeVisible();
  const tabs = [ada.page, second];
  for (const number of [3, 4, 5, 6]) {
    const text = `line ${number}`;
    await say(tabs[number % 2] ?? second, text);
    for (const page of tabs) await expect(message(page, text)).toBeVisible();
  }
  await ada.page.close();
  await ada.page.context().setOffline(false);

  const lines = [1, 2, 3, 4, 5, 6].map((number) => `line ${number}`);
  for (const page of [second, bob.page]) {
    await expect(message(page, 'line 6')).toBeVisible({ timeout: 20_000 });
    await waitUntilSent(page);
    expect((await textsStartingWith(page, 'line')).map((text) => text.slice(0, 6))).toEqual(lines);
  }
  const stored = (await api.history(id)).filter(({ kind }) => kind === 'text').map(({ text }) => text);
  expect(stored).toEqual(lines);
});

test('a message that the server refuses fails where it stands, and can be sent again or deleted', async ({
  person,
}) => {
  const ada = await person('Ada Refused');
  const api = await ApiPerson.register('Cleo Program');
  const { id } = await api.start({ kind: 'direct', memberIds: [ada.user.id] });
  let damage = true;
  await ada.page.routeWebSocket(/socket\.io/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((frame) => {
      // The server refuses U+0000 for good: a real refusal, of a frame that was damaged on its way.
      const damaged = damage && typeof frame === 'string' && frame.includes('message:send');
      server.send(damaged ? frame.replace('"text":"', '"text":"\\u0000') : frame);
    });
  });
  await openConversation(ada.page, id);
  await say(ada.page, 'refused one');
  await say(ada.page, 'refused two');
  for (const text of ['refused one', 'refused two']) {
    await expect(message(ada.page, text).getByRole('alert')).toContainText('Not sent');
  }

  damage = false;
  await message(ada.page, 'refused one').getByRole('button', { name: 'Try again' }).click();
  await expect(
    message(ada.page, 'refused one').getByRole('img', { name: 'Sent', exact: true }),
  ).toBeVisible();
  await message(ada.page, 'refused two').getByRole('button', { name: 'Delete' }).click();
  await expect(message(ada.page, 'refused two')).toHaveCount(0);

  await ada.page.reload();
  await expect(message(ada.page, 'refused one')).toHaveCount(1);
  await expect(message(ada.page, 'refused two')).toHaveCount(0);
  const texts = (await api.history(id)).filter(({ kind }) => kind === 'text').map(({ text }) => text);
  expect(texts).toEqual(['refused one']);
});
