import { test as base, expect, type BrowserContextOptions, type Page } from '@playwright/test';
import type { User } from '@parley/protocol';
import { baseURL } from './environment.js';
import { register } from './api.js';

export interface Person {
  user: User;
  page: Page;
}

interface Fixtures {
  /** A new person in a browser of their own, signed in and at the conversation list. */
  person: (displayName: string, options?: BrowserContextOptions) => Promise<Person>;
}

/** Noise that says nothing about the page: requests that a test has cut on purpose, and a first visit without a session. */
const EXPECTED_NOISE = /Failed to load resource|WebSocket connection to|net::ERR_/;

export const test = base.extend<Fixtures>({
  person: async ({ browser }, use) => {
    const faults: string[] = [];
    const contexts: { close: () => Promise<void> }[] = [];
    await use(async (displayName, options = {}) => {
      const context = await browser.newContext({
        baseURL,
        locale: 'en-GB',
        viewport: { width: 1280, height: 800 },
        ...options,
      });
      contexts.push(context);
      const { user } = await register(context.request, displayName);
      const page = await context.newPage();
      page.on('pageerror', (error) => faults.push(`${displayName}: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() !== 'error' || EXPECTED_NOISE.test(message.text())) return;
        faults.push(`${displayName}: ${message.text()}`);
      });
      await page.goto('/');
      await expect(page.getByRole('button', { name: `Your account, ${displayName}` })).toBeVisible();
      return { user, page };
    });
    for (const context of contexts) await context.close();
    // Nothing may go wrong unseen: an error in the console fails the test that caused it.
    expect(faults).toEqual([]);
  },
});

export { expect };
