import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            '{protocol,client,backend,frontend,verification,bench}/src/**/*.test.{ts,tsx}',
            'scripts/**/*.test.mjs',
          ],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['backend/test/**/*.test.ts', 'client/test/**/*.test.ts'],
          globalSetup: [path('backend/test/_support/global-setup.ts')],
          // Whole servers start, die and recover in these; the waits inside are bounded by themselves.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Two cores: more at once only makes each slower, and the waits for recovery longer.
          maxWorkers: 2,
        },
      },
    ],
  },
});
