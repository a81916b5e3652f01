import { afterEach, describe, expect, it, vi } from 'vitest';
import { newClientId } from './client-id.js';

describe('an id of the client', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('is a UUID of version 4, another each time, also where there is no randomUUID', () => {
    const { crypto } = globalThis;
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const ids = Array.from({ length: 200 }, newClientId);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(200);
  });
});
