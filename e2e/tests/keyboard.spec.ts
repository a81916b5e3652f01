import { ApiPerson } from '../support/api.js';
import { composer, listEntry, message } from '../support/screen.js';
import { expect, test } from '../support/test.js';

test('everything that matters is done from the keyboard', async ({ person }) => {
  const { page, user } = await person('Ada Keys');
  const api = await ApiPerson.register('Cleo Keys');
  const first = await api.start({ kind: 'group', memberIds: [user.id], title: 'Alpha keys' });
  await api.start({ kind: 'group', memberIds: [user.id], title: 'Beta keys' });
  await api.send(first.id, 'a question');
  await expect(listEntry(page, 'Alpha keys')).toContainText('a question');

  await page.keyboard.press('Control+k');
  await page.keyboard.type('alpha');
  await expect(page.getByRole('option', { name: /Alpha keys/ })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Alpha keys' })).toBeVisible();
  await expect(composer(page)).toBeFocused();

  await page.keyboard.type('first line');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('second line');
  await page.keyboard.press('Enter');
  await expect(message(page, 'first line')).toContainText('second line');
  await expect(composer(page)).toHaveValue('');

  await expect(message(page, 'first line').getByRole('img', { name: /Sent|Read/ })).toBeVisible();
  await page.keyboard.press('ArrowUp');
  await expect(composer(page)).toHaveValue('first line\nsecond line');
  await page.keyboard.press('Escape');
  await expect(composer(page)).toHaveValue('');

  // Into the messages, up to the question, and answer it.
  await message(page, 'first line').focus();
  await page.keyboard.press('ArrowUp');
  await expect(message(page, 'a question')).toBeFocused();
  await page.keyboard.press('r');
  await expect(page.getByText('Reply to Cleo Keys')).toBeVisible();
  await expect(composer(page)).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByText('Reply to Cleo Keys')).toBeHidden();

  // The list is walked with the arrows.
  await listEntry(page, 'Alpha keys').focus();
  await page.keyboard.press('ArrowDown');
  await expect(listEntry(page, 'Beta keys')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Beta keys' })).toBeVisible();

  // A dialog takes the focus, keeps it, and gives it back.
  await page.getByRole('button', { name: 'New conversation' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: 'Find people' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByRole('button', { name: 'New conversation' })).toBeFocused();
});

test('Enter that ends a composition does not send', async ({ person }) => {
  const { page, user } = await person('Ada Composes');
  const api = await ApiPerson.register('Cleo Program');
  const { id } = await api.start({ kind: 'direct', memberIds: [user.id] });
  await page.goto(`/c/${id}`);
  const session = await page.context().newCDPSession(page);
  await composer(page).focus();
  await session.send('Input.imeSetComposition', { text: 'かんじ', selectionStart: 3, selectionEnd: 3 });
  await session.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown',
    key: 'Process',
    code: 'Enter',
    windowsVirtualKeyCode: 229,
  });
  await session.send('Input.insertText', { text: '漢字' });
  await expect(composer(page)).toHaveValue('漢字');
  await page.keyboard.press('Enter');
  await expect(message(page, '漢字')).toBeVisible();
});
