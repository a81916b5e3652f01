import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { ApiPerson } from '../support/api.js';
import { baseURL } from '../support/environment.js';
import { log, message, say } from '../support/screen.js';
import { expect, test } from '../support/test.js';

async function scan(page: Page, screen: string): Promise<void> {
  // A colour that is still fading in would be measured half-way.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => null))),
  );
  const { violations } = await new AxeBuilder({ page })
    // They hand the focus on as soon as they get it, so that it stays in a popup; nobody ever stands on one.
    .exclude('[data-base-ui-focus-guard]')
    // A menu is no part of the page's outline while it is open.
    .disableRules(screen.includes('menu') ? ['region'] : [])
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  expect(
    violations.map(
      ({ id, nodes }) => `${screen}: ${id} at ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
    ),
  ).toEqual([]);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every screen is accessible in the ${colorScheme} theme`, async ({ person, browser }) => {
    test.slow();
    const visitor = await (
      await browser.newContext({ baseURL, colorScheme, reducedMotion: 'reduce' })
    ).newPage();
    await visitor.goto('/sign-up');
    await visitor.getByRole('button', { name: 'Create account' }).click();
    await expect(visitor.getByText('Choose a username.')).toBeVisible();
    await scan(visitor, 'sign-up');
    await visitor.goto('/sign-in');
    await visitor.getByRole('button', { name: 'Sign in' }).click();
    await scan(visitor, 'sign-in');

    const { page, user } = await person('Ada Access', { colorScheme, reducedMotion: 'reduce' });
    await scan(page, 'empty list');
    const api = await ApiPerson.register('Cleo Access');
    const { id } = await api.start({
      kind: 'channel',
      memberIds: [user.id],
      title: 'Access',
      visibility: 'public',
    });
    const root = await api.send(id, 'A question with https://example.org and `code`, @' + user.username);
    await api.call('PUT', `/messages/${root.id}/reactions/${encodeURIComponent('🎉')}`);
    await api.send(id, '```\na block of code\n```');
    await expect(page.getByText('You were mentioned')).toHaveCount(0);
    await scan(page, 'list');

    await page.goto(`/c/${id}?details=true`);
    await expect(log(page).locator('pre')).toBeVisible();
    await say(page, 'An answer');
    await expect(message(page, 'An answer').getByRole('img', { name: /Sent|Read/ })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Members' }).getByText('Cleo Access')).toBeVisible();
    await scan(page, 'conversation with details');
    await message(page, 'An answer').focus();
    await page.getByRole('button', { name: 'More actions' }).click();
    await scan(page, 'message menu');
    await page.keyboard.press('Escape');

    await page.goto('/channels');
    await expect(page.getByRole('searchbox')).toBeVisible();
    await scan(page, 'channels');
    await page.goto('/settings');
    await expect(page.getByText('This device')).toBeVisible();
    await scan(page, 'settings');
    await page.getByRole('button', { name: 'New conversation' }).click();
    await expect(page.getByRole('option').first()).toBeVisible();
    await scan(page, 'new conversation');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await expect(page.getByRole('option').first()).toBeVisible();
    await scan(page, 'quick switcher');
  });
}
