// `make-secrets.mjs ENV-FILE FOLDER`: writes each secret into the folders of those who read it, and of nobody else. What the env file
// gives is taken as it is; the rest is made up at the first start and kept from then on. Run by the compose file's `setup`, the only
// container that sees the env file.
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
import { parseEnvFile } from './env-file.mjs';
import { selfSigned } from './self-signed.mjs';
import { postgresExporterUri, redisExporterTargets, redisUrls } from './watched-services.mjs';

const [, , envFile, root] = process.argv;
if (root === undefined) throw new Error('make-secrets.mjs takes the env file, and the folder to write to');

/** Accounts of the images. Those of PostgreSQL's entrypoint differ, and only its volume holds what it reads. */
const SERVER = 1000;
const POSTGRES = 70;
const REDIS = 999;
const NGINX = 101;
const NOBODY = 65_534;
const GRAFANA = 472;

/** What the servers take from a file too. */
const SECRETS = [
  'DATABASE_URL',
  'REDIS_URL',
  'REDIS_QUEUE_URL',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
  'ACCESS_TOKEN_SECRET',
];

const profiles = new Set((process.env.COMPOSE_PROFILES ?? '').split(',').map((name) => name.trim()));
const env = readEnvFile();
const given = (name) => env.get(name) || undefined;
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

for (const folder of ['server', 'postgres', 'redis', 's3', 'monitoring', 'targets', 'tls', 'edge']) {
  mkdirSync(join(root, folder), { recursive: true });
  // Who may look into which is decided by what is mounted where.
  chmodSync(join(root, folder), 0o755);
}

function refuse(...faults) {
  for (const fault of faults) console.error(fault);
  process.exit(1);
}

/** Names and values, the last where one is there twice, as compose has it. */
function readEnvFile() {
  const { entries, unreadable } = parseEnvFile(readFileSync(envFile, 'utf8'));
  // It would become a secret that nobody meant.
  const lost = unreadable.filter((name) => /SECRET|PASSWORD|_KEY|_URL$/.test(name));
  // A path of the machine means nothing in a container.
  const elsewhere = entries.filter(
    ({ name, value }) => value && SECRETS.some((secret) => name === `${secret}_FILE`),
  );
  const faults = [
    ...lost.map((name) => `${name} can not be read: put the value in single quotes.`),
    ...elsewhere.map(({ name }) => `${name} has no effect here: give the value itself.`),
  ];
  if (faults.length > 0) refuse(...faults);
  return new Map(entries.map(({ name, value }) => [name, value]));
}

function require(name, profile) {
  if (given(name) || profiles.has(profile)) return;
  refuse(`Neither ${name} is set, nor is \`${profile}\` in COMPOSE_PROFILES.`);
}
/** What `read` makes of an address, which holds a password: no message may show it. */
function addressesOf(name, read) {
  try {
    return read();
  } catch {
    return refuse(`${name} is not an address: is a sign in its password not written as %…?`);
  }
}
require('DATABASE_URL', 'postgres');
require('REDIS_URL', 'redis');
// Empty is an answer: AWS.
if (!env.has('S3_ENDPOINT') && !profiles.has('s3'))
  refuse('S3_ENDPOINT is not set (empty: AWS), and `s3` is not in COMPOSE_PROFILES.');

// ---- PostgreSQL
keep('postgres/superuser_password', 'POSTGRES_SUPERUSER_PASSWORD', POSTGRES);
const application = keep('postgres/application_password', 'POSTGRES_PASSWORD', POSTGRES);
const monitor = keep('postgres/monitor_password', 'POSTGRES_MONITOR_PASSWORD', POSTGRES);
const databaseUrl =
  given('DATABASE_URL') ?? `postgresql://parley:${encodeURIComponent(application)}@postgres:5432/parley`;
write('server/database_url', databaseUrl, SERVER);
const database = addressesOf('DATABASE_URL', () => new URL(databaseUrl));
const own = given('DATABASE_URL') === undefined;
write('monitoring/postgres_exporter_uri', postgresExporterUri(database), NOBODY);
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
const { passwords, targets } = redisExporterTargets({
  cache: addressesOf('REDIS_URL', () => redisUrls(redisUrl)),
  jobs: addressesOf('REDIS_QUEUE_URL', () => redisUrls(queueUrl)),
});
write('monitoring/redis_passwords.json', JSON.stringify(passwords), NOBODY);
write('targets/redis.json', JSON.stringify(targets), NOBODY);

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

// ---- Proxies in front of nginx, whose word about the client's address counts
const trusted = (process.env.TRUSTED_PROXIES ?? '').split(',').map((text) => text.trim());
const networks = trusted.filter(Boolean);
for (const network of networks) {
  // It becomes a line of nginx's configuration.
  if (!/^[0-9a-fA-F.:]+(\/\d{1,3})?$/.test(network))
    refuse('TRUSTED_PROXIES takes addresses or networks, comma-separated.');
}
write(
  'edge/trusted-proxies.conf',
  networks.length === 0
    ? ''
    : [
        ...networks.map((network) => `set_real_ip_from ${network};`),
        'real_ip_header X-Forwarded-For;',
        'real_ip_recursive on;',
        '',
      ].join('\n'),
  NGINX,
);

// ---- TLS: until a real certificate is put in its place, one that browsers warn of
if (read('tls/cert.pem') === undefined) {
  const { certificate, key } = selfSigned(new URL(process.env.PUBLIC_URL || 'https://localhost').hostname);
  write('tls/key.pem', key, NGINX);
  write('tls/cert.pem', certificate, NGINX);
}
