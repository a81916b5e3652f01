import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorAnswer } from '@parley/protocol';
import { Api } from '../_support/api.js';
import type { Person } from '../_support/api.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const LOGIN = '/api/v1/auth/login';

describe('every failure of a request', () => {
  let database: TestDatabase;
  let started: StartedApp;
  let person: Person;

  beforeAll(async () => {
    database = await createTestDatabase();
    started = await startApp({ databaseUrl: database.url });
    person = await new Api(started.baseUrl).register();
  });
  afterAll(async () => {
    await started.close();
    await database.drop();
  });

  it.each<[string, string, RequestInit, number, string]>([
    [
      'broken JSON',
      LOGIN,
      { method: 'POST', headers: JSON_TYPE, body: '{"username":' },
      400,
      'VALIDATION_FAILED',
    ],
    ['no body', LOGIN, { method: 'POST' }, 400, 'VALIDATION_FAILED'],
    ['an empty body', LOGIN, { method: 'POST', headers: JSON_TYPE, body: '' }, 400, 'VALIDATION_FAILED'],
    ['a list', LOGIN, { method: 'POST', headers: JSON_TYPE, body: '[]' }, 400, 'VALIDATION_FAILED'],
    ['null', LOGIN, { method: 'POST', headers: JSON_TYPE, body: 'null' }, 400, 'VALIDATION_FAILED'],
    [
      'a poisoned prototype',
      LOGIN,
      { method: 'POST', headers: JSON_TYPE, body: '{"__proto__":{"a":1}}' },
      400,
      'VALIDATION_FAILED',
    ],
    [
      'a deep body',
      LOGIN,
      { method: 'POST', headers: JSON_TYPE, body: `{"username":${'['.repeat(5_000)}${']'.repeat(5_000)}}` },
      400,
      'VALIDATION_FAILED',
    ],
    [
      'an unknown field',
      LOGIN,
      { method: 'POST', headers: JSON_TYPE, body: '{"username":"someone","password":"p","more":1}' },
      400,
      'VALIDATION_FAILED',
    ],
    [
      'plain text',
      LOGIN,
      { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' },
      415,
      'UNSUPPORTED_TYPE',
    ],
    [
      'a form',
      LOGIN,
      { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' },
      415,
      'UNSUPPORTED_TYPE',
    ],
    [
      'too much',
      LOGIN,
      { method: 'POST', headers: JSON_TYPE, body: JSON.stringify({ username: 'x'.repeat(300_000) }) },
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    ['an unknown route', '/api/v1/nothing', {}, 404, 'NOT_FOUND'],
    ['an unknown page', '/nothing', {}, 404, 'NOT_FOUND'],
    ['a wrong method', LOGIN, { method: 'GET' }, 404, 'NOT_FOUND'],
    ['a broken escape in the path', '/api/v1/users/%E0%A4%A', {}, 400, 'VALIDATION_FAILED'],
    ['no token', '/api/v1/auth/sessions', {}, 401, 'UNAUTHENTICATED'],
    [
      'another scheme',
      '/api/v1/auth/sessions',
      { headers: { authorization: 'Basic YTpi' } },
      401,
      'UNAUTHENTICATED',
    ],
  ])('has the one error object: %s', async (_, path, init, status, code) => {
    const response = await fetch(`${started.baseUrl}${path}`, init);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const { error } = (await response.json()) as ErrorAnswer;
    expect(error).toMatchObject({ code, retryable: false });
    expect(error.requestId).toBe(response.headers.get('x-request-id'));
  });

  it.each([
    ['an unknown parameter', '?other=1', 'other'],
    ['a limit that is no number', '?limit=ten', 'limit'],
    ['a limit out of range', '?limit=101', 'limit'],
    ['a limit twice', '?limit=1&limit=2', 'limit'],
  ])('names the field of the query: %s', async (_, query, path) => {
    const response = await fetch(`${started.baseUrl}/api/v1/users${query}`, {
      headers: { authorization: `Bearer ${person.token}` },
    });
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as ErrorAnswer;
    expect(error.fields?.map((field) => field.path)).toContain(path);
  });

  it('is none where a content type is named and nothing is sent, on a route that takes nothing', async () => {
    const api = new Api(started.baseUrl);
    const { user, token, cookie } = await api.register();
    const { id } = await api.call('POST /conversations', {
      token,
      body: { kind: 'channel', visibility: 'public', memberIds: [user.id], title: 'Open' },
    });
    const message = await api.call('POST /conversations/:id/messages', {
      token,
      params: { id },
      body: { clientMessageId: 'one', text: 'one' },
    });
    const named = { token, headers: JSON_TYPE };
    const params = { id: message.id, emoji: '👍' };
    expect(await api.call('PUT /messages/:id/pin', { ...named, params })).toHaveProperty('pinnedAt');
    expect(
      (await api.call('PUT /messages/:id/reactions/:emoji', { ...named, params })).reactions,
    ).toHaveLength(1);
    expect((await api.call('DELETE /messages/:id', { ...named, params })).deletedAt).not.toBeNull();
    expect((await api.request('POST /conversations/:id/leave', { ...named, params: { id } })).status).toBe(
      204,
    );
    expect((await api.call('POST /conversations/:id/join', { ...named, params: { id } })).id).toBe(id);
    const refreshed = await api.call('POST /auth/refresh', { headers: JSON_TYPE, cookie });
    expect((await api.request('POST /auth/logout', { ...named, token: refreshed.accessToken })).status).toBe(
      204,
    );
  });

  it('names an emoji that is none, and does not find an id that is none', async () => {
    const api = new Api(started.baseUrl);
    const { token } = person;
    const known = '01890000-0000-7000-8000-000000000000';
    expect(
      await api.refusal('PUT /messages/:id/reactions/:emoji', { token, params: { id: known, emoji: 'no' } }),
    ).toMatchObject({ status: 400, code: 'VALIDATION_FAILED', fields: [{ path: 'emoji' }] });
    expect(
      await api.refusal('PUT /messages/:id/reactions/:emoji', { token, params: { id: 'no', emoji: 'no' } }),
    ).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it('echoes nothing of what was sent', async () => {
    const response = await fetch(`${started.baseUrl}${LOGIN}`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: '{"username":"canary-7f3a","password":"canary-9c1d","n":"canary-2b4e"}',
    });
    expect(await response.text()).not.toContain('canary');
  });

  it('takes over the request id of a proxy, if it is one', async () => {
    const id = (given: string) =>
      fetch(`${started.baseUrl}/health`, { headers: { 'x-request-id': given } }).then((response) =>
        response.headers.get('x-request-id'),
      );
    expect(await id('proxy-request-0001')).toBe('proxy-request-0001');
    expect(await id('x'.repeat(500))).not.toContain('xxx');
    expect(await id('<script>')).not.toContain('<');
  });

  it('and success alike carry the security headers', async () => {
    for (const path of ['/health', '/api/v1/nothing']) {
      const { headers } = await fetch(`${started.baseUrl}${path}`);
      expect(headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(headers.get('content-security-policy')).toContain("object-src 'none'");
      expect(headers.get('content-security-policy')).not.toContain('unsafe-eval');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});
