#!/usr/bin/env node
// Prisma's schema engine without a binary: speaks the native engine's JSON-RPC (one message a line on stdin and
// stdout) and runs Prisma's own WebAssembly build of it over the JavaScript driver. The native engine is a download
// from a host of its own, which no package registry mirrors; with this there is one path for laptops, CI and images.
// Set by scripts/prisma.mjs as PRISMA_SCHEMA_ENGINE_BINARY. Each mend below says which fault it gets round.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { PrismaPg } from '@prisma/adapter-pg';
import { DriverAdapterError, bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as bg from '@prisma/schema-engine-wasm/schema_engine_bg';

const require = createRequire(import.meta.url);
const argv = process.argv.slice(2);
if (argv.includes('--version')) {
  console.log(`schema-engine-cli ${require('@prisma/engines-version').enginesVersion}`);
  process.exit(0);
}
const all = (flag) => argv.flatMap((a, i) => (a === flag ? [argv[i + 1]] : []));
const ds = JSON.parse(all('--datasource')[0] ?? '{}');

const dbName = (url) => decodeURIComponent(new URL(url).pathname.slice(1));
async function adminQuery(url, sql) {
  const u = new URL(url);
  u.pathname = '/postgres';
  u.searchParams.delete('schema');
  const c = new pg.Client({ connectionString: u.href });
  await c.connect();
  try {
    return await c.query(sql);
  } finally {
    await c.end();
  }
}
const quote = (n) => `"${n.replaceAll('"', '""')}"`;
async function createDatabase(url) {
  await adminQuery(url, `CREATE DATABASE ${quote(dbName(url))}`);
  return { databaseName: dbName(url) };
}

const iCli = argv.indexOf('cli');
if (iCli >= 0) {
  const cmd = argv[iCli + 1];
  try {
    if (cmd === 'can-connect-to-database') {
      const c = new pg.Client({ connectionString: ds.url });
      await c.connect();
      await c.end();
    } else if (cmd === 'create-database') await createDatabase(ds.url);
    else if (cmd === 'drop-database')
      await adminQuery(ds.url, `DROP DATABASE IF EXISTS ${quote(dbName(ds.url))} WITH (FORCE)`);
    else throw Object.assign(new Error(`unknown command ${cmd}`), { code: 'P0000' });
    process.exit(0);
  } catch (e) {
    const code =
      { '3D000': 'P1003', '28P01': 'P1000', 28000: 'P1010', ECONNREFUSED: 'P1001', ENOTFOUND: 'P1001' }[
        e.code
      ] ?? 'P1001';
    const line = (level, fields) =>
      console.error(JSON.stringify({ level, target: 'schema_engine::logger', fields }));
    line('INFO', { message: 'start' });
    line('ERROR', {
      error_code: code,
      message:
        code === 'P1003' ? `Database \`${dbName(ds.url)}\` does not exist` : String(e.message || e.code),
    });
    process.exit(1);
  }
}

// adapter-pg knows neither "char" (oid 18) nor name[] (1003), which the system catalogs use (prisma/orm#27403).
// "char" is passed off as "char"[] (1002), which it knows, and put right as Character in the result.
const OID = new Map([
  [18, 1002],
  [1003, 1009],
]);
const CHARACTER = 6,
  CHARACTER_ARRAY = 70; // ColumnTypeEnum
const mend = (r) => {
  for (const one of [r].flat())
    for (const f of one?.fields ?? []) f.dataTypeID = OID.get(f.dataTypeID) ?? f.dataTypeID;
  return r;
};
class CatalogClient extends pg.Client {
  query(config, values, cb) {
    if (typeof values === 'function') return super.query(config, (e, r) => values(e, mend(r)));
    if (typeof cb === 'function') return super.query(config, values, (e, r) => cb(e, mend(r)));
    const r = super.query(config, values);
    return typeof r?.then === 'function' ? r.then(mend) : r;
  }
}
function withChar(q) {
  const queryRaw = q.queryRaw.bind(q),
    startTransaction = q.startTransaction?.bind(q);
  q.queryRaw = async (sql) => {
    const r = await queryRaw(sql);
    r.columnTypes = r.columnTypes.map((t, i) =>
      t === CHARACTER_ARRAY && !r.rows.some((row) => Array.isArray(row[i])) ? CHARACTER : t,
    );
    return r;
  };
  // adapter-pg cuts a script at every ';', even inside $$…$$; the native engine sends it whole, as one simple query (so one implicit transaction)
  if (q.underlyingDriver)
    q.executeScript = async (script) => {
      try {
        await q.underlyingDriver().query(script);
      } catch (e) {
        throw new DriverAdapterError({
          kind: 'postgres',
          code: e.code ?? 'N/A',
          severity: e.severity ?? 'ERROR',
          message: e.position
            ? `${e.message} (line ${script.slice(0, +e.position).split('\n').length})`
            : e.message,
          detail: e.detail,
          column: e.column,
          hint: e.hint,
          originalCode: e.code,
          originalMessage: e.message,
        });
      }
    };
  if (startTransaction) q.startTransaction = async (...a) => withChar(await startTransaction(...a));
  return q;
}
// adapter-pg's own connectToShadowDb opens the main database when it is given a connection string, and drops the shadow one before it has let go of it
const shadows = new Set();
const dropShadow = async (name) => {
  if (shadows.delete(name)) await adminQuery(ds.url, `DROP DATABASE IF EXISTS ${quote(name)} WITH (FORCE)`);
};
const factoryFor = (url) => {
  const u = new URL(url);
  const schema = u.searchParams.get('schema') ?? undefined;
  u.searchParams.delete('schema');
  const f = new PrismaPg(
    { connectionString: u.href, Client: CatalogClient, max: 1 },
    schema ? { schema } : undefined,
  );
  const connect = f.connect.bind(f);
  f.connect = async () => withChar(await connect());
  f.connectToShadowDb = async () => {
    if (ds.shadowDatabaseUrl) return factoryFor(ds.shadowDatabaseUrl).connect();
    const name = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
    await adminQuery(url, `CREATE DATABASE ${quote(name)} TEMPLATE template0`);
    shadows.add(name);
    const su = new URL(url);
    su.pathname = `/${name}`;
    const a = await factoryFor(su.href).connect();
    const dispose = a.dispose.bind(a);
    a.dispose = async () => {
      await dispose();
      await dropShadow(name);
    };
    return a;
  };
  return f;
};
let panic;
globalThis.PRISMA_WASM_PANIC_REGISTRY = {
  set_message(m) {
    panic = m;
  },
};
process.on('uncaughtException', (e) => {
  const m = panic ?? e.message;
  if (process.env.DEBUG) console.error(panic, e.stack);
  console.error(JSON.stringify({ level: 'ERROR', target: 'schema_engine', fields: { message: m } }));
  process.exit(1);
});
let engine;
async function getEngine() {
  if (engine) return engine;
  const path = require
    .resolve('@prisma/schema-engine-wasm/schema_engine_bg')
    .replace(/schema_engine_bg\.js$/, 'schema_engine_bg.wasm');
  const wasm = (await WebAssembly.instantiate(await readFile(path), { './schema_engine_bg.js': bg })).instance
    .exports;
  bg.__wbg_set_wasm(wasm);
  wasm.__wbindgen_start();
  const datamodels = await Promise.all(all('--datamodels').map(async (p) => [p, await readFile(p, 'utf8')]));
  const log = (m) => process.env.DEBUG && console.error(m);
  engine = await bg.SchemaEngine.new(
    { datamodels: datamodels.length ? datamodels : undefined },
    log,
    bindMigrationAwareSqlAdapterFactory(factoryFor(ds.url)),
  );
  return engine;
}

let printId = 1_000_000;
const send = (m) => process.stdout.write(JSON.stringify(m) + '\n');
async function handle({ method, params }) {
  if (method === 'createDatabase') return createDatabase(params?.datasource?.url ?? ds.url);
  const e = await getEngine();
  if (method === 'getDatabaseVersion') return e.version(params);
  // evaluateDataLoss finds no shadow database of its own in the Wasm build; it does with the one devDiagnostic leaves in the engine's cache
  if (method === 'evaluateDataLoss')
    await e.devDiagnostic({ migrationsList: params.migrationsList, filters: params.filters });
  if (method === 'diff') {
    const r = await e.diff(params);
    if (r.stdout != null)
      send({ jsonrpc: '2.0', id: ++printId, method: 'print', params: { content: r.stdout } });
    return { exitCode: r.exitCode, stdout: null };
  }
  return (await e[method](params)) ?? {};
}
let queue = Promise.resolve();
const rl = createInterface({ input: process.stdin });
rl.on('line', (l) => {
  const m = JSON.parse(l);
  if (!m.method) return;
  queue = queue.then(async () => {
    try {
      send({ jsonrpc: '2.0', id: m.id, result: await handle(m) });
    } catch (e) {
      if (process.env.DEBUG) console.error(e);
      send({
        jsonrpc: '2.0',
        id: m.id,
        error: {
          code: 4466,
          message: 'An error happened. Check the data field for details.',
          data: { is_panic: false, message: e.message ?? String(e), meta: null, error_code: e.code ?? null },
        },
      });
    }
  });
});
rl.on('close', () =>
  queue.finally(async () => {
    for (const n of [...shadows]) await dropShadow(n).catch(() => {});
    process.exit(0);
  }),
);
