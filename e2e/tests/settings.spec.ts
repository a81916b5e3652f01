import { ApiPerson } from '../support/api.js';
import { message, openConversation } from '../support/screen.js';
import { expect, test } from '../support/test.js';

test('a new name is seen by others at once', async ({ person }) => {
  const ada = await person('Ada Before');
  const bob = await person('Bob Watches');
  const api = await ApiPerson.register('Cleo Program');
  const { id } = await api.start({ kind: 'group', memberIds: [ada.user.id, bob.user.id], title: 'Names' });
  await openConversation(ada.page, id);
  await ada.page.getByRole('form', { name: 'Write a message' }).getByRole('textbox').fill('who am I?');
  await ada.page.keyboard.press('Enter');
  await openConversation(bob.page, id);
  await expect(message(bob.page, 'who am I?')).toContainText('Ada Before');

  await ada.page.goto('/settings');
  await ada.page.getByLabel('Name', { exact: true }).fill('Ada After');
  await ada.page.getByRole('button', { name: 'Save' }).click();
  await expect(ada.page.getByRole('button', { name: 'Your account, Ada After' })).toBeVisible();
  await expect(message(bob.page, 'who am I?')).toContainText('Ada After');
});

test('the theme follows the system until it is chosen, and never flashes', async ({ person }) => {
  const { page } = await person('Ada Theme', { colorScheme: 'dark' });
  const theme = (): Promise<string | undefined> =>
    page.evaluate(() => document.documentElement.dataset['theme']);
  expect(await theme()).toBe('dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(theme).toBe('light');

  await page.goto('/settings');
  await page.getByText('Dark', { exact: true }).click();
  await expect.poll(theme).toBe('dark');
  // Set before the page has drawn anything: a listener that runs at the first paint must find it.
  await page.addInitScript(() => {
    new PerformanceObserver((list) => {
      if (list.getEntriesByName('first-paint').length > 0) {
        sessionStorage.setItem('theme at first paint', document.documentElement.dataset['theme'] ?? 'none');
      }
    }).observe({ type: 'paint', buffered: true });
  });
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  expect(await page.evaluate(() => sessionStorage.getItem('theme at first paint'))).toBe('dark');
});

test('another device is signed out from here', async ({ person, browser }) => {
  const here = await person('Ada Devices');
  const there = await browser.newContext({ baseURL: new URL(here.page.url()).origin });
  const page = await there.newPage();
  await page.goto('/sign-in');
  await page.getByLabel('Username').fill(here.user.username);
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Your account, Ada Devices' })).toBeVisible();

  await here.page.goto('/settings');
  await here.page.getByRole('listitem').getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText('You were signed out from another device.')).toBeVisible();
  await expect(here.page.getByRole('listitem').filter({ hasText: 'This device' })).toBeVisible();
  await there.close();
});
