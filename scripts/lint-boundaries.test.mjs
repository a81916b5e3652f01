// Rules that silently stop working are worse than none: each is shown a line that it must refuse, at the place where it must.
import { ESLint } from 'eslint';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// Where CI is set, the parser takes types from the file on disk alone, and the text that is shown here is another.
process.env.TSESTREE_SINGLE_RUN = 'false';

/** [the file the code would stand in, the code, the rule that refuses it]; the file exists: typed rules need its program. */
const REFUSED = [
  ['backend/src/users/users.module.ts', "import '../auth/auth.module.js';", 'boundaries/dependencies'],
  ['backend/src/auth/log-in.ts', "import '../messaging/messaging.module.js';", 'boundaries/dependencies'],
  ['backend/src/realtime/publisher.ts', "import '../users/users.module.js';", 'boundaries/dependencies'],
  ['backend/src/infra/new-id.ts', "import '../realtime/publisher.js';", 'boundaries/dependencies'],
  ['backend/src/config/config.ts', "import '../infra/new-id.js';", 'boundaries/dependencies'],
  ['backend/src/users/users.module.ts', "import '../app.module.js';", 'boundaries/dependencies'],
  ['frontend/src/lib/initials.ts', "import '../app/app.js';", 'boundaries/dependencies'],
  ['bench/src/main.ts', "import '../../backend/src/realtime/publisher.js';", 'boundaries/dependencies'],
  ['bench/src/main.ts', "import '../../client/src/delays.js';", 'boundaries/dependencies'],
  [
    'frontend/src/features/auth/check-registration.ts',
    "import '../settings/device-name.js';",
    'boundaries/dependencies',
  ],
  ['backend/src/users/users.module.ts', "import 'ioredis';", 'no-restricted-imports'],
  ['backend/src/realtime/publisher.ts', "import 'bullmq';", 'no-restricted-imports'],
  ['backend/src/messaging/messaging.module.ts', "import '@aws-sdk/client-s3';", 'no-restricted-imports'],
  ['backend/src/messaging/messaging.module.ts', "import 'socket.io';", 'no-restricted-imports'],
  ['backend/src/users/users.module.ts', "import '../generated/prisma/client.js';", 'no-restricted-imports'],
  [
    'backend/src/users/users.module.ts',
    "import { forwardRef } from '@nestjs/common'; export const x = forwardRef;",
    'no-restricted-imports',
  ],
  ['protocol/src/names.ts', "import 'socket.io-client';", 'no-restricted-imports'],
  ['client/src/delays.ts', "import 'react';", 'no-restricted-imports'],
  ['frontend/src/lib/initials.ts', "import 'socket.io-client';", 'no-restricted-imports'],
  ['backend/src/users/users.module.ts', 'export const x = process.env;', 'no-restricted-properties'],
  [
    'backend/src/users/users.module.ts',
    'export const f = (db: { $queryRawUnsafe: (sql: string) => void }): void => { db.$queryRawUnsafe(""); };',
    'no-restricted-syntax',
  ],
  [
    'backend/src/users/users.module.ts',
    'export const f = (server: { emit: (e: string) => void }): void => { server.emit("x"); };',
    'no-restricted-syntax',
  ],
  ['backend/src/users/users.module.ts', 'export const x: any = 1;', '@typescript-eslint/no-explicit-any'],
  [
    'backend/src/users/users.module.ts',
    'export const f = (x: string | null): number => x!.length;',
    '@typescript-eslint/no-non-null-assertion',
  ],
  ['backend/src/users/users.module.ts', 'export default 1;', 'import-x/no-default-export'],
];

/** What stands next to a refused line and must pass, so that no rule refuses everything. */
const ALLOWED = [
  ['backend/src/auth/log-in.ts', "import '../users/users.module.js';"],
  ['backend/src/messaging/messaging.module.ts', "import '../conversations/conversations.module.js';"],
  ['backend/src/realtime/publisher.ts', "import '../infra/new-id.js';"],
  ['backend/src/infra/new-id.ts', "import 'ioredis';"],
  ['backend/src/users/users.store.ts', "import '../generated/prisma/client.js';"],
  ['backend/src/config/config.ts', 'export const x = process.env;'],
  ['frontend/src/app/app.tsx', "import '../features/settings/device-name.js';"],
  ['frontend/src/features/settings/device-name.ts', "import '../../lib/initials.js';"],
  ['protocol/src/names.ts', "import 'class-validator';"],
  ['bench/src/main.ts', "import '@parley/protocol';"],
];

describe('lint', () => {
  /** @type {ESLint} */
  let eslint;

  beforeAll(async () => {
    eslint = new ESLint({ cwd: root });
    // The first question to each package loads the types of a whole program; on a busy machine that takes its time.
    const packages = new Set([...REFUSED, ...ALLOWED].map(([file]) => file.split('/')[0]));
    for (const name of packages) {
      const [file] = REFUSED.find(([path]) => path.startsWith(`${name}/`)) ?? [];
      if (file) await eslint.lintText('', { filePath: join(root, file) });
    }
  }, 300_000);

  /** @returns {Promise<string[]>} the rules that spoke */
  const rulesAgainst = async (file, code) => {
    // A file that was moved would make an empty test.
    expect(existsSync(join(root, file)), `${file} exists`).toBe(true);
    const [result] = await eslint.lintText(`${code}\n`, { filePath: join(root, file) });
    return result.messages.map(({ ruleId, message }) => ruleId ?? message);
  };

  it.each(REFUSED)(
    'refuses in %s: %s',
    async (file, code, rule) => {
      expect(await rulesAgainst(file, code)).toContain(rule);
    },
    60_000,
  );

  it.each(ALLOWED)(
    'allows in %s: %s',
    async (file, code) => {
      expect(await rulesAgainst(file, code)).toEqual([]);
    },
    60_000,
  );
});
