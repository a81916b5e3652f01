import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';

describe('the web client', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-web-'));
  const root = join(folder, 'dist');
  let database: TestDatabase;
  let started: StartedApp;

  beforeAll(async () => {
    mkdirSync(join(root, 'assets'), { recursive: true });
    writeFileSync(join(root, 'index.html'), '<!doctype html><title>Parley</title>');
    writeFileSync(join(root, 'assets', 'index-4f2a.js'), 'export {};');
    writeFileSync(join(folder, 'private.txt'), 'canary-7f3a');
    database = await createTestDatabase();
    started = await startApp({ databaseUrl: database.url, environment: { WEB_ROOT: root } });
  });
  afterAll(async () => {
    await started.close();
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  const get = (path: string): Promise<Response> => fetch(`${started.baseUrl}${path}`);

  it.each(['/', '//', '/?next=/a', '/conversations/01890000-0000-7000-8000-000000000000', '/sign-in'])(
    'is one page at %s',
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(await response.text()).toContain('<title>Parley');
    },
  );

  it('keeps what is named by its content for ever', async () => {
    const response = await get('/assets/index-4f2a.js');
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  it.each(['/assets/gone.js', '/api/v1/nothing', '/health/nothing', '/favicon.ico'])(
    'is not at %s',
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: 'NOT_FOUND' } });
    },
  );

  it.each(['/../private.txt', '/..%2fprivate.txt', '/assets/..%2f..%2fprivate.txt', '/%2e%2e/private.txt'])(
    'gives nothing from outside its folder: %s',
    async (path) => {
      expect(await (await get(path)).text()).not.toContain('canary');
    },
  );
});
