import type { CommandName, Route, RouteName } from '@parley/protocol';
import { commands, routes } from '@parley/protocol';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf, routeNameOf } from '../../src/infra/http/endpoint.js';
import { isPublicDocument } from '../../src/infra/http/public-document.js';
import { CommandTable } from '../../src/realtime/command-table.js';
import type { StartedApp } from '../_support/start-app.js';
import { startApp } from '../_support/start-app.js';
import type { TestDatabase } from '../_support/test-database.js';
import { createTestDatabase } from '../_support/test-database.js';

describe('the contract and what is bound', () => {
  let database: TestDatabase;
  let started: StartedApp;
  const all: [RouteName, Route][] = Object.entries(routes) as [RouteName, Route][];
  const served = all.filter(([, route]) => route.planned !== true);

  beforeAll(async () => {
    database = await createTestDatabase();
    started = await startApp({ databaseUrl: database.url });
  });
  afterAll(async () => {
    await started.close();
    await database.drop();
  });

  it('are the same: each route has one controller method, and each method a route or a reason', () => {
    const discovery = started.app.get(DiscoveryService, { strict: false });
    const scanner = new MetadataScanner();
    const bound: string[] = [];
    const unexplained: string[] = [];
    for (const { instance, metatype } of discovery.getControllers()) {
      const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
      for (const key of scanner.getAllMethodNames(prototype)) {
        const method = prototype[key];
        if (!method || !Reflect.hasMetadata('path', method)) continue;
        const name = routeNameOf(method);
        if (name !== undefined) bound.push(name);
        else if (!isPublicDocument(method)) unexplained.push(`${metatype?.name ?? ''}.${key}`);
      }
    }
    expect(unexplained).toEqual([]);
    expect(bound.sort()).toEqual(served.map(([name]) => name).sort());
  });

  it('are the same: each command has one handler', () => {
    const names = Object.keys(commands) as CommandName[];
    expect(started.app.get(CommandTable, { strict: false }).names().sort()).toEqual(names.sort());
  });

  it.each(served.filter(([, route]) => route.access !== 'open'))(
    '%s is closed without a token',
    async (name) => {
      const { method, path } = addressOf(name);
      const response = await fetch(
        `${started.baseUrl}${path.replace(/:\w+/g, '01890000-0000-7000-8000-000000000000')}`,
        { method },
      );
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error: { code: 'UNAUTHENTICATED', retryable: false } });
    },
  );
});
