// `make-secrets.mjs FOLDER`: writes each secret into the folders of those who read it, and of nobody else. What the environment
// gives is taken as it is; the rest is made up at the first start and kept from then on. Run by the compose file's `setup`.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { selfSigned } from './self-signed.mjs';

const root = process.argv[2];
if (root === undefined) throw new Error('make-secrets.mjs takes the folder to write to');

/** Accounts of the images. Those of PostgreSQL's entrypoint differ, and only its volume holds what it reads. */
const SERVER = 1000;
const POSTGRES = 70;
const REDIS = 999;
const NGINX = 101;
const NOBODY = 65_534;
const GRAFANA = 472;

const profiles = new Set((process.env.COMPOSE_PROFILES ?? '').split(',').map((name) => name.trim()));
const given = (name) => {
  const { [name]: value, [`${name}_FILE`]: file } = process.env;
  if (value) return value;
  return file ? readFileSync(file, 'utf8').trimEnd() : undefined;
};
const read = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);

/** In one step: a reader sees the whole of it or the one before. */
function write(path, text, owner) {
  if (read(path) === text) return;
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.new`, text, { mode: 0o400 });
  chownSync(`${target}.new`, owner, owner);
  renameSync(`${target}.new`, target);
  console.log(`wrote ${path}`);
}

const random = () => randomBytes(36).toString('base64url');
/** As the environment says, as it was, or made up. */
const keep = (path, name, owner) => {
  const value = given(name) ?? read(path) ?? random();
  write(path, value, owner);
  return value;
};

for (const folder of ['server', 'postgres', 'redis', 's3', 'monitoring', 'targets', 'tls']) {
  mkdirSync(join(root, folder), { recursive: true });
  // Who may look into which is decided by what is mounted where.
  chmodSync(join(root, folder), 0o755);
}

function require(name, profile) {
  if (given(name) || profiles.has(profile)) return;
  console.error(
    `Neither ${name} is set, nor is \`${profile}\` in COMPOSE_PROFILES: copy env.production.example to .env first.`,
  );
  process.exit(1);
}
require('DATABASE_URL', 'postgres');
require('REDIS_URL', 'redis');

// ---- PostgreSQL
keep('postgres/superuser_password', 'POSTGRES_SUPERUSER_PASSWORD', POSTGRES);
const application = keep('postgres/application_password', 'POSTGRES_PASSWORD', POSTGRES);
const monitor = keep('postgres/monitor_password', 'POSTGRES_MONITOR_PASSWORD', POSTGRES);
const databaseUrl =
  given('DATABASE_URL') ?? `postgresql://parley:${encodeURIComponent(application)}@postgres:5432/parley`;
write('server/database_url', databaseUrl, SERVER);
const database = new URL(databaseUrl);
const own = given('DATABASE_URL') === undefined;
write(
  'monitoring/postgres_exporter_uri',
  `${database.host}${database.pathname}?sslmode=${own ? 'disable' : 'require'}`,
  NOBODY,
);
write(
  'monitoring/postgres_exporter_user',
  own ? 'parley_monitor' : decodeURIComponent(database.username),
  NOBODY,
);
write('monitoring/postgres_exporter_password', own ? monitor : decodeURIComponent(database.password), NOBODY);

// ---- Redis
const cache = keep('redis/redis_password', 'REDIS_PASSWORD', REDIS);
const jobs = keep('redis/redis_jobs_password', 'REDIS_JOBS_PASSWORD', REDIS);
write('redis/redis.conf', `requirepass ${cache}\n`, REDIS);
write('redis/redis-jobs.conf', `requirepass ${jobs}\n`, REDIS);
const redisUrl = given('REDIS_URL') ?? `redis://:${encodeURIComponent(cache)}@redis:6379`;
const queueUrl =
  given('REDIS_QUEUE_URL') ??
  (given('REDIS_URL') === undefined ? `redis://:${encodeURIComponent(jobs)}@redis-jobs:6379` : redisUrl);
write('server/redis_url', redisUrl, SERVER);
write('server/redis_queue_url', queueUrl, SERVER);
const addressOf = (text) => {
  const { protocol, hostname, port } = new URL(text);
  return `${protocol}//${hostname}:${port || '6379'}`;
};
const passwordOf = (text) => decodeURIComponent(new URL(text).password);
const stores = new Map([
  [addressOf(queueUrl), { use: 'jobs', password: passwordOf(queueUrl) }],
  [addressOf(redisUrl), { use: 'cache', password: passwordOf(redisUrl) }],
]);
write(
  'monitoring/redis_passwords.json',
  JSON.stringify(Object.fromEntries([...stores].map(([address, { password }]) => [address, password]))),
  NOBODY,
);
write(
  'targets/redis.json',
  JSON.stringify([...stores].map(([address, { use }]) => ({ targets: [address], labels: { use } }))),
  NOBODY,
);

// ---- The file store
// Its image knows no account but root, and the server of the files is not to be root: a new volume is given to it.
if (existsSync('/volumes/s3')) chownSync('/volumes/s3', SERVER, SERVER);
for (const [name, variable] of [
  ['s3_access_key_id', 'S3_ACCESS_KEY_ID'],
  ['s3_secret_access_key', 'S3_SECRET_ACCESS_KEY'],
]) {
  const value = keep(`server/${name}`, variable, SERVER);
  write(`s3/${name}`, value, SERVER);
}

// ---- Parley, Grafana, alerts
keep('server/access_token_secret', 'ACCESS_TOKEN_SECRET', SERVER);
keep('monitoring/grafana_admin_password', 'GRAFANA_ADMIN_PASSWORD', GRAFANA);
write('monitoring/alert_webhook_url', given('ALERT_WEBHOOK_URL') ?? 'http://127.0.0.1:9/', NOBODY);

// ---- TLS: until a real certificate is put in its place, one that browsers warn of
if (read('tls/cert.pem') === undefined) {
  const { certificate, key } = selfSigned(new URL(process.env.PUBLIC_URL || 'https://localhost').hostname);
  write('tls/key.pem', key, NGINX);
  write('tls/cert.pem', certificate, NGINX);
}
