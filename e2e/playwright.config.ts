import { defineConfig } from '@playwright/test';
import { baseURL, chromiumPath } from './support/environment.js';

export default defineConfig({
  testDir: 'tests',
  outputDir: '../test-results',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // One test kills the server under all others' feet; and two people a test are as many as a small machine serves well.
  workers: 1,
  fullyParallel: false,
  // What passes only at the second try is broken.
  retries: 0,
  forbidOnly: true,
  reporter: [['list']],
  use: {
    baseURL,
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromiumPath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
