import { ApiPerson } from '../support/api.js';
import { composer, listEntry, log, message, openConversation, say } from '../support/screen.js';
import { expect, test } from '../support/test.js';

test('edits, reactions, replies and deletions are seen by the other', async ({ person }) => {
  const ada = await person('Ada Writes');
  const bob = await person('Bob Reads');
  const api = await ApiPerson.register('Cleo Program');
  const { id } = await api.start({
    kind: 'group',
    memberIds: [ada.user.id, bob.user.id],
    title: 'Everything',
  });
  await openConversation(ada.page, id);
  await openConversation(bob.page, id);

  await say(ada.page, 'the first words');
  await expect(message(bob.page, 'the first words')).toBeVisible();
  await composer(ada.page).press('ArrowUp');
  await expect(composer(ada.page)).toHaveValue('the first words');
  await say(ada.page, 'the better words');
  await expect(message(bob.page, 'the better words')).toContainText('edited');
  await expect(message(bob.page, 'the first words')).toHaveCount(0);

  await message(bob.page, 'the better words').hover();
  await bob.page.getByRole('button', { name: 'React' }).click();
  await bob.page.getByRole('button', { name: 'Thumbs up' }).click();
  await expect(
    message(ada.page, 'the better words').getByRole('button', { name: /👍 1: Bob Reads/ }),
  ).toBeVisible();
  await message(ada.page, 'the better words').getByRole('button', { name: /👍/ }).click();
  await expect(message(bob.page, 'the better words').getByRole('button', { name: /👍 2/ })).toBeVisible();

  await message(bob.page, 'the better words').hover();
  await bob.page.getByRole('button', { name: 'Reply' }).click();
  await say(bob.page, 'an answer');
  await expect(
    message(ada.page, 'an answer').getByRole('button', { name: /the better words/ }),
  ).toBeVisible();

  await message(ada.page, 'the better words').first().hover();
  await ada.page.getByRole('button', { name: 'More actions' }).click();
  await ada.page.getByRole('menuitem', { name: 'Delete' }).click();
  await ada.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  for (const page of [ada.page, bob.page]) {
    await expect(log(page).getByText('Message deleted')).toHaveCount(2); // the message, and the quote of it
    await expect(log(page).getByText('the better words')).toHaveCount(0);
  }
});

test('text is shown as text: links are safe, markup stays markup, code keeps its lines', async ({
  person,
}) => {
  const ada = await person('Ada Markup');
  const api = await ApiPerson.register('Cleo Program');
  const { id } = await api.start({ kind: 'direct', memberIds: [ada.user.id] });
  await api.send(id, '<img src=x onerror="document.title=\'owned\'"> <b>bold</b> javascript:alert(1)');
  await api.send(id, 'See https://example.org/a_(b)?c=1.');
  await api.send(id, '```\nif (a) {\n  b();\n}\n```');
  await openConversation(ada.page, id);

  await expect(message(ada.page, '<b>bold</b>')).toBeVisible();
  await expect(log(ada.page).locator('img[src], b')).toHaveCount(0);
  await expect(message(ada.page, 'javascript:').getByRole('link')).toHaveCount(0);
  const link = message(ada.page, 'See').getByRole('link');
  await expect(link).toHaveAttribute('href', 'https://example.org/a_(b)?c=1');
  await expect(link).toHaveAttribute('rel', /noopener/);
  await expect(log(ada.page).locator('pre')).toHaveText('if (a) {\n  b();\n}', { useInnerText: true });
});

test('the unread line stands where reading stopped, and the list counts', async ({ person }) => {
  const ada = await person('Ada Unread');
  const api = await ApiPerson.register('Cleo Program');
  await api.start({ kind: 'group', memberIds: [ada.user.id], title: 'Quiet one' });
  const busy = await api.start({ kind: 'group', memberIds: [ada.user.id], title: 'Busy one' });
  await openConversation(ada.page, busy.id);
  await api.send(busy.id, 'read at once');
  await expect(message(ada.page, 'read at once')).toBeVisible();
  await listEntry(ada.page, 'Quiet one').click();
  await expect(ada.page.getByRole('heading', { name: 'Quiet one' })).toBeVisible();
  for (const number of [1, 2, 3]) await api.send(busy.id, `news ${number}`);
  const entry = listEntry(ada.page, 'Busy one');
  await expect(entry.getByText('3 unread')).toBeAttached();
  await entry.click();
  const first = message(ada.page, 'news 1');
  await expect(first.locator('[data-unread-line]')).toBeVisible();
  await expect(log(ada.page).locator('[data-unread-line]')).toHaveCount(1);
  await expect(entry.getByText('unread')).toHaveCount(0);
  await api.send(busy.id, 'news 4');
  await expect(message(ada.page, 'news 4')).toBeVisible();
  await expect(first.locator('[data-unread-line]')).toBeVisible();
});

test('a draft waits in its own conversation', async ({ person }) => {
  const ada = await person('Ada Drafts');
  const api = await ApiPerson.register('Cleo Program');
  const one = await api.start({ kind: 'group', memberIds: [ada.user.id], title: 'Room one' });
  const two = await api.start({ kind: 'group', memberIds: [ada.user.id], title: 'Room two' });
  await openConversation(ada.page, one.id);
  await composer(ada.page).fill('not yet\nsent');
  await listEntry(ada.page, 'Room two').click();
  await expect(composer(ada.page)).toHaveValue('');
  await expect(listEntry(ada.page, 'Room one')).toContainText('Draft: not yet sent');
  await ada.page.reload();
  await openConversation(ada.page, two.id);
  await listEntry(ada.page, 'Room one').click();
  await expect(composer(ada.page)).toHaveValue('not yet\nsent');
});
