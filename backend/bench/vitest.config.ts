import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    include: ['bench/*.bench.ts'],
    globalSetup: ['test/_support/global-setup.ts'],
    // Minutes on an idle machine of two cores.
    testTimeout: 2_400_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
});
