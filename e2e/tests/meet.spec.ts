import { freshUsername, PASSWORD } from '../support/api.js';
import { composer, listEntry, log, message, say } from '../support/screen.js';
import { expect, test } from '../support/test.js';
import { baseURL } from '../support/environment.js';

test('two people register, find each other and see each other’s messages live', async ({ browser }) => {
  const adaName = freshUsername('ada');
  const graceName = freshUsername('grace');
  const ada = await (await browser.newContext({ baseURL })).newPage();
  const grace = await (await browser.newContext({ baseURL })).newPage();

  for (const [page, username, name] of [
    [ada, adaName, `Ada ${adaName}`],
    [grace, graceName, `Grace ${graceName}`],
  ] as const) {
    await page.goto('/');
    await expect(page).toHaveURL(/\/sign-in/);
    await page.getByRole('link', { name: 'Create an account' }).click();
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Name (optional)').fill(name);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByText('No conversations yet')).toBeVisible();
  }

  await ada.getByRole('button', { name: 'New conversation' }).click();
  await ada.getByRole('combobox', { name: 'Find people' }).fill(graceName);
  await ada.getByRole('option', { name: new RegExp(graceName) }).click();
  await ada.getByRole('button', { name: 'Start chat' }).click();
  await expect(ada.getByRole('heading', { name: `Grace ${graceName}` })).toBeVisible();

  await say(ada, 'Hello Grace');
  await expect(message(ada, 'Hello Grace').getByRole('img', { name: /Sent|Read/ })).toBeVisible();

  const entry = listEntry(grace, `Ada ${adaName}`);
  await expect(entry).toContainText('Hello Grace');
  await expect(entry.getByText('1 unread')).toBeAttached();
  await expect(grace).toHaveTitle(/^\(1\)/);
  await entry.click();
  await expect(message(grace, 'Hello Grace')).toBeVisible();

  await composer(grace).pressSequentially('Hello');
  await expect(ada.getByText(`Grace ${graceName} is typing`)).toBeVisible();
  await say(grace, 'Hello Ada');
  await expect(message(ada, 'Hello Ada')).toBeVisible();
  await expect(ada.getByText('is typing')).toBeHidden();

  // Both have read everything, and both know it.
  await expect(message(ada, 'Hello Grace').getByRole('img', { name: 'Read' })).toBeVisible();
  await expect(entry.getByText('unread')).toHaveCount(0);
  await expect(grace).not.toHaveTitle(/^\(/);
  await expect(log(grace).getByRole('article')).toHaveCount(await log(ada).getByRole('article').count());
});

test('a taken username and a wrong password are said where they belong', async ({ person, browser }) => {
  const { user } = await person('Ada Taken');
  const page = await (await browser.newContext({ baseURL })).newPage();
  await page.goto('/sign-up');
  await page.getByLabel('Username').fill(user.username);
  await page.getByLabel('Password', { exact: true }).fill('short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText('Use at least 8 characters.')).toBeVisible();
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();

  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByLabel('Username')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Username')).toBeFocused();

  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('Username').fill(user.username);
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('do not match');

  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('button', { name: 'Your account, Ada Taken' })).toBeVisible();
});

test('who signs out leaves nothing behind', async ({ person }) => {
  const { page } = await person('Ada Leaves');
  await page.getByRole('button', { name: 'Your account, Ada Leaves' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});
