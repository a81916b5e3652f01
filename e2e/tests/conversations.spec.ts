import type { MemberPage } from '@parley/protocol';
import { ApiPerson } from '../support/api.js';
import { composer, listEntry, log, message, say } from '../support/screen.js';
import { expect, test } from '../support/test.js';

test('a public channel is made, found, joined, renamed and left', async ({ person }) => {
  const ada = await person('Ada Founder');
  const bob = await person('Bob Visitor');
  const cleo = await ApiPerson.register('Cleo Member');
  const title = `garden-${Date.now().toString(36)}`;

  await ada.page.getByRole('button', { name: 'New conversation' }).click();
  await ada.page.getByText('A place for a topic').click();
  await ada.page.getByRole('combobox', { name: 'Find people' }).fill(cleo.user.username);
  await ada.page.getByRole('option', { name: /Cleo Member/ }).click();
  await ada.page.getByRole('button', { name: 'Create channel' }).click();
  await expect(ada.page.getByText('Give the channel a name.')).toBeVisible();
  await ada.page.getByLabel('Name', { exact: true }).fill(title);
  await ada.page.getByText('Anybody may join').click();
  await ada.page.getByRole('button', { name: 'Create channel' }).click();
  await expect(ada.page.getByRole('heading', { name: title })).toBeVisible();
  await expect(log(ada.page).getByText('You started the conversation')).toBeVisible();

  await bob.page.getByRole('button', { name: 'Browse channels' }).click();
  await bob.page.getByRole('searchbox', { name: 'Find channels' }).fill(title);
  await bob.page
    .getByRole('listitem')
    .filter({ hasText: title })
    .getByRole('button', { name: 'Join' })
    .click();
  await expect(bob.page.getByRole('heading', { name: title })).toBeVisible();
  await expect(log(ada.page).getByText('Bob Visitor joined')).toBeVisible();
  await say(bob.page, 'glad to be here');
  await expect(message(ada.page, 'glad to be here')).toBeVisible();

  await ada.page.getByRole('button', { name: 'Show details' }).click();
  const details = ada.page.getByRole('complementary', { name: 'Conversation details' });
  await expect(details.getByText('Bob Visitor')).toBeVisible();
  await details.getByRole('button', { name: 'Edit' }).click();
  await ada.page.getByRole('textbox', { name: 'Topic (optional)' }).fill('What grows and what does not');
  await ada.page.getByRole('button', { name: 'Save' }).click();
  await expect(
    bob.page.getByRole('main').locator('header').getByText('What grows and what does not'),
  ).toBeVisible();

  await details.getByRole('button', { name: 'Actions for Bob Visitor' }).click();
  await ada.page.getByRole('menuitem', { name: 'Make admin' }).click();
  await expect(log(bob.page).getByText('Ada Founder made you an admin')).toBeVisible();

  await bob.page.getByRole('button', { name: 'Show details' }).click();
  await bob.page.getByRole('button', { name: 'Leave channel' }).click();
  await bob.page.getByRole('alertdialog').getByRole('button', { name: 'Leave' }).click();
  await expect(listEntry(bob.page, title)).toHaveCount(0);
  await expect(log(ada.page).getByText(/Bob Visitor.* left|left/)).toBeVisible();
});

test('who is removed while reading no longer sees the conversation', async ({ person }) => {
  const ada = await person('Ada Removed');
  const api = await ApiPerson.register('Cleo Owner');
  const { id } = await api.start({ kind: 'group', memberIds: [ada.user.id], title: 'Closed circle' });
  await ada.page.goto(`/c/${id}`);
  await api.send(id, 'for members only');
  await expect(message(ada.page, 'for members only')).toBeVisible();
  await expect(composer(ada.page)).toBeVisible();
  await api.call('DELETE', `/conversations/${id}/members/${ada.user.id}`);
  await expect(ada.page.getByText('This conversation is not here')).toBeVisible();
  await expect(listEntry(ada.page, 'Closed circle')).toHaveCount(0);
});

test('pin, mute, archive and mark unread change the list', async ({ person }) => {
  const { page, user } = await person('Ada Arranges');
  const api = await ApiPerson.register('Cleo Program');
  const older = await api.start({ kind: 'group', memberIds: [user.id], title: 'Older one' });
  await api.send(older.id, 'an older message');
  const newer = await api.start({ kind: 'group', memberIds: [user.id], title: 'Newer one' });
  await api.send(newer.id, 'a newer message');
  const titles = page.getByRole('navigation', { name: 'Conversations' }).getByRole('link');
  await expect(titles.first()).toContainText('Newer one');

  const act = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: 'Conversation actions' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  await listEntry(page, 'Older one').click();
  await act('Pin to the top');
  await expect(titles.first()).toContainText('Older one');
  await act('Mute');
  await expect(listEntry(page, 'Older one').getByRole('img', { name: 'Muted' })).toBeVisible();
  // Reading takes the mark away, also when the word of it is still on its way to the server.
  await expect
    .poll(async () => {
      const { items } = await api.call<MemberPage>('GET', `/conversations/${older.id}/members`);
      return items.find((member) => member.user.id === user.id)?.readSeq;
    })
    .toBe(2);
  await act('Mark as unread');
  await expect(listEntry(page, 'Older one').getByRole('img', { name: 'Marked as unread' })).toBeVisible();
  await listEntry(page, 'Newer one').click();
  await listEntry(page, 'Older one').click();
  await expect(listEntry(page, 'Older one').getByRole('img', { name: 'Marked as unread' })).toHaveCount(0);
  await act('Archive');
  await expect(listEntry(page, 'Older one')).toHaveCount(0);
  await page.getByRole('button', { name: 'Archived' }).click();
  await expect(listEntry(page, 'Older one')).toBeVisible();
});

test('a wrong address says so', async ({ person }) => {
  const { page } = await person('Ada Lost');
  await page.goto('/no/such/page');
  await expect(page.getByText('There is no such page')).toBeVisible();
  await page.goto('/c/01a20972-7940-71e4-b83e-7f9e4026d227');
  await expect(page.getByText('This conversation is not here')).toBeVisible();
  await page.getByRole('link', { name: 'To your conversations' }).click();
  await expect(page).toHaveURL(/\/$/);
});
