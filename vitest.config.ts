import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

// Named, since no tsconfig.json includes the tests: Vite would look for one above the checkout, and find a stranger's.
const tsconfig = path('tsconfig.tests.json');

export default defineConfig({
  test: {
    projects: [
      {
        tsconfig,
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
        tsconfig,
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
