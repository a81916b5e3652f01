import type { Locator, Page } from '@playwright/test';

/** What a person finds on the screen, by its role and name. */

export function composer(page: Page): Locator {
  return page.getByRole('form', { name: 'Write a message' }).getByRole('textbox');
}

export function log(page: Page): Locator {
  return page.getByRole('log', { name: 'Messages' });
}

/** The message that shows exactly this text. */
export function message(page: Page, text: string): Locator {
  return log(page).getByRole('article').filter({ hasText: text });
}

export function listEntry(page: Page, title: string): Locator {
  return page.getByRole('navigation', { name: 'Conversations' }).getByRole('link').filter({ hasText: title });
}

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press('Enter');
}

export async function openConversation(page: Page, conversationId: string): Promise<void> {
  await page.goto(`/c/${conversationId}`);
  await log(page).waitFor();
}

/** The texts on the screen, top to bottom, of those that start as given. */
export async function textsStartingWith(page: Page, start: string): Promise<string[]> {
  const rows = await log(page).getByRole('article').all();
  const placed = await Promise.all(
    rows.map(async (row) => ({
      top: (await row.boundingBox())?.y ?? 0,
      text: (await row.innerText()).split('\n').find((line) => line.includes(start)) ?? '',
    })),
  );
  return placed
    .filter(({ text }) => text !== '')
    .sort((a, b) => a.top - b.top)
    .map(({ text }) => text.slice(text.indexOf(start)).trim());
}

export async function waitUntilSent(page: Page): Promise<void> {
  await log(page).waitFor();
  await page.waitForFunction(() => document.querySelector('[data-outgoing]') === null);
}
