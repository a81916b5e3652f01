import { weaknessOf } from './secret-strength.js';
import type { Parser } from './variable.js';
import { VariableFault, integer, oneOf, parser, url } from './variable.js';

/** One variable that only docker-compose.production.yml reads. */
export interface ComposeVariable {
  about: string;
  whenWrong: string;
  /** What the compose file takes where it is unset; `null`: it may stay unset. */
  default: string | null;
  parse?: Parser<unknown>;
}

const GRAFANA_PASSWORD_MIN = 12;

const port = integer(1, 65_535);

/** Text that a pattern tells from what is none. */
function matching(what: string, pattern: RegExp): Parser<string> {
  return parser(what, (value) => {
    if (!pattern.test(value)) throw new VariableFault(`must be ${what}`);
    return value;
  });
}

// A size, each as its reader takes it: one that does not ends at its start.
/** Docker and Redis take both cases. */
const size = matching('a size such as 512mb or 2gb', /^\d+[kmg]b?$/i);
/** Its own units, in these letters; a number alone would be pages of 8 kB. */
const postgresSize = matching('a size such as 512MB or 2GB (in capitals)', /^\d+(kB|MB|GB|TB)$/);
const prometheusSize = matching('a size such as 512MB or 10GB (in capitals)', /^\d+(KB|MB|GB|TB)$/);

const address = matching('an IP address of this machine', /^[0-9a-fA-F.:]+$/);

const networks = parser('addresses or networks such as 10.0.0.0/8, comma-separated', (value) => {
  const entries = value.split(',').map((entry) => entry.trim());
  if (!entries.every((entry) => /^[0-9a-fA-F.:]+(\/\d{1,3})?$/.test(entry))) {
    throw new VariableFault('must be addresses or networks such as 10.0.0.0/8, comma-separated');
  }
  return entries;
});

/** Of what is put into an address: it may stay readable there. */
const PASSWORD_MIN = 16;
const secret = parser(`at least ${String(PASSWORD_MIN)} random characters`, (value) => {
  const weakness = weaknessOf(value, PASSWORD_MIN);
  if (weakness) throw new VariableFault(weakness);
  return value;
});

const openFiles = integer(1024, 1_048_576);

const PROFILES = ['postgres', 'redis', 's3', 'monitoring'];
const profiles = parser(`some of ${PROFILES.join(', ')}, comma-separated`, (value) => {
  const names = value.split(',').map((name) => name.trim());
  if (names.some((name) => !PROFILES.includes(name))) {
    throw new VariableFault(`may only name ${PROFILES.join(', ')}`);
  }
  return names;
});

const absolutePath = matching('an absolute path', /^\//);

const duration = matching('a time such as 30d or 12h', /^(\d+(ms|[smhdwy]))+$/);

const password = parser(`at least ${String(GRAFANA_PASSWORD_MIN)} random characters`, (value) => {
  const weakness = weaknessOf(value, GRAFANA_PASSWORD_MIN);
  if (weakness) throw new VariableFault(weakness);
  return value;
});

/** Of each process beside its pool: those that send messages have connections of their own. A test holds it equal to the server's. */
export const LOG_CONNECTIONS = 3;
/** Kept back: PostgreSQL's own for superusers (3), figures (up to 5), migrations and backups. */
export const OTHER_CONNECTIONS = 12;

/**
 * What the compose file reads beside the variables of Parley itself; env.production.example lists them too. A test holds them
 * equal to what stands in the file.
 */
export const COMPOSE_VARIABLES: Readonly<Record<string, ComposeVariable>> = {
  COMPOSE_PROFILES: {
    about:
      'Which parts run here, comma-separated: postgres, redis, s3, monitoring. Leave out what is managed elsewhere, and say above where it is.',
    whenWrong: '`setup` ends with an error where neither an address nor the part is there.',
    default: 'postgres,redis,s3,monitoring',
    parse: profiles,
  },
  COMPOSE_PROJECT_NAME: {
    about: 'Name in front of every container, network and volume.',
    whenWrong: 'Changed later, it is another install with empty volumes; the old ones are still there.',
    default: 'parley',
    parse: matching('lower-case letters, digits, - and _', /^[a-z0-9][a-z0-9_-]*$/),
  },
  ENV_FILE: {
    about:
      'Path of this file, which `setup` reads the secrets from; set it where `--env-file` names another than .env.',
    whenWrong: '`setup` does not start, or takes the secrets of another file.',
    default: './.env',
  },
  PARLEY_VERSION: {
    about: 'Tag of the images.',
    whenWrong: 'Images of that tag are built anew from this checkout.',
    default: 'latest',
  },
  PARLEY_IMAGE_PREFIX: {
    about: 'What the names of the images begin with: registry and folder, where you push them to one.',
    whenWrong: 'Images of that name are built anew from this checkout.',
    default: 'parley-',
  },
  PARLEY_REVISION: {
    about: 'Commit that the images are built from, for their label.',
    whenWrong: 'An image does not tell what it is made of.',
    default: 'unknown',
  },
  PARLEY_SOURCE: {
    about: 'Address of the repository that the images are built from, for their label.',
    whenWrong: 'An image does not tell what it is made of.',
    default: 'unknown',
  },
  PARLEY_CREATED: {
    about:
      'Time of that commit (RFC 3339), for the label of the images; the time of the build would make each build another image.',
    whenWrong: 'An image does not tell how old it is.',
    default: '1970-01-01T00:00:00Z',
    parse: matching(
      'a time such as 2026-11-24T09:30:00Z',
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/,
    ),
  },
  BACKEND_REPLICAS: {
    about: 'API processes; `--scale backend=N` counts where given.',
    whenWrong: 'Too few: no room for a failure. Too many: they share the processors of one machine.',
    default: '2',
    parse: integer(1, 100),
  },
  BACKEND_MEMORY: {
    about:
      'Memory that each API process may take. See PRODUCTION_DEPLOYMENT.md, section 1, for what a connection needs.',
    whenWrong:
      'Too low: the kernel ends the process (exit code 137). The sum above the memory of the machine: it ends any.',
    default: '1g',
    parse: size,
  },
  BACKEND_NOFILE: {
    about: 'Open files of each API process: one a connection, and some more. Above SOCKETS_PER_INSTANCE.',
    whenWrong:
      'Too low: connections are refused. Above the hard limit of the machine: the container does not start.',
    default: '65536',
    parse: openFiles,
  },
  NGINX_NOFILE: {
    about: 'Open files of nginx: two a connection.',
    whenWrong:
      'Too low: connections are refused. Above the hard limit of the machine: the container does not start.',
    default: '65536',
    parse: openFiles,
  },
  NGINX_UNLIMITED: {
    about:
      'Network whose addresses nginx does not limit: a load test, or an office of thousands behind one address.',
    whenWrong:
      'Too wide: one machine can take the places of everybody. Too narrow: a large office is refused (RATE_LIMITED).',
    default: '127.0.0.0/8',
    parse: matching('a network such as 10.1.2.3/32', /^[0-9a-fA-F.:]+\/\d{1,3}$/),
  },
  HTTP_BIND: {
    about: 'Address of this machine that HTTP_PORT and HTTPS_PORT listen on.',
    whenWrong: 'nginx does not start, or people of another network reach it, or nobody does.',
    default: '0.0.0.0',
    parse: address,
  },
  TRUSTED_PROXIES: {
    about:
      'Load balancers or CDN in front of nginx: their X-Forwarded-For names the client. TRUST_PROXY_HOPS has no effect here, since nginx tells the servers one address.',
    whenWrong:
      'Missing: all people share the address of the proxy, and its limits. Too wide: clients choose their own address.',
    default: '',
    parse: networks,
  },
  HTTP_PORT: {
    about: 'TCP port that redirects to HTTPS and answers certificate authorities.',
    whenWrong: 'nginx does not start, or certificates are not renewed.',
    default: '80',
    parse: port,
  },
  HTTPS_PORT: {
    about: 'TCP port of everything people use; PUBLIC_URL names it where it is not 443.',
    whenWrong: 'nginx does not start, or nobody reaches it.',
    default: '443',
    parse: port,
  },
  TLS_DIR: {
    about:
      'Absolute path of a folder with cert.pem (the whole chain) and key.pem, readable by account 101. Unset: a certificate is made at the first start that browsers warn of.',
    whenWrong: 'nginx does not start.',
    default: null,
    parse: absolutePath,
  },
  GRAFANA_BIND: {
    about: 'Address of this machine that Grafana listens on.',
    whenWrong: 'Beyond 127.0.0.1 whoever reaches it may try passwords, without TLS.',
    default: '127.0.0.1',
    parse: address,
  },
  GRAFANA_URL: {
    about: 'Address that Grafana is reached at from a desk; links in alerts lead there.',
    whenWrong: 'Links in alerts and sign-in lead nowhere.',
    default: 'http://localhost:3002',
    parse: url('http:', 'https:'),
  },
  GRAFANA_PORT: {
    about: 'TCP port of Grafana on GRAFANA_BIND.',
    whenWrong: 'Grafana does not start.',
    default: '3002',
    parse: port,
  },
  GRAFANA_ADMIN_PASSWORD: {
    about: 'Password of `admin` in Grafana. Empty: made up at the first start, see PRODUCTION_DEPLOYMENT.md.',
    whenWrong:
      'It counts at the first start only: changed later, the old one is still the right one (PRODUCTION_DEPLOYMENT.md, section 6).',
    default: '',
    parse: password,
  },
  PROMETHEUS_BIND: {
    about: 'Address of this machine that Prometheus listens on. It has no sign-in.',
    whenWrong: 'Beyond 127.0.0.1 whoever reaches it reads all figures.',
    default: '127.0.0.1',
    parse: address,
  },
  PROMETHEUS_PORT: {
    about: 'TCP port of Prometheus on PROMETHEUS_BIND.',
    whenWrong: 'Prometheus does not start.',
    default: '9090',
    parse: port,
  },
  PROMETHEUS_RETENTION: {
    about: 'How long figures are kept; at most PROMETHEUS_RETENTION_SIZE.',
    whenWrong: 'Too short: nothing to compare with. Too long: the disk fills up to the size.',
    default: '30d',
    parse: duration,
  },
  PROMETHEUS_RETENTION_SIZE: {
    about: 'Disk that figures may take; the oldest go first.',
    whenWrong: 'Too low: less than PROMETHEUS_RETENTION is kept. Too high: the disk fills up.',
    default: '10GB',
    parse: prometheusSize,
  },
  ALERTMANAGER_BIND: {
    about: 'Address of this machine that Alertmanager listens on. It has no sign-in.',
    whenWrong: 'Beyond 127.0.0.1 whoever reaches it may silence alerts.',
    default: '127.0.0.1',
    parse: address,
  },
  ALERTMANAGER_PORT: {
    about: 'TCP port of Alertmanager on ALERTMANAGER_BIND.',
    whenWrong: 'Alertmanager does not start.',
    default: '9093',
    parse: port,
  },
  ALERT_WEBHOOK_URL: {
    about: 'Address that alerts are posted to; used with ALERTMANAGER_CONFIG=webhook.yml.',
    whenWrong: 'Nobody is told of an alert.',
    default: '',
    parse: url('http:', 'https:'),
  },
  ALERTMANAGER_CONFIG: {
    about: 'File of deploy/alertmanager: alertmanager.yml (alerts are only shown) or webhook.yml.',
    whenWrong: 'Alertmanager does not start.',
    default: 'alertmanager.yml',
    parse: oneOf('alertmanager.yml', 'webhook.yml'),
  },
  POSTGRES_PASSWORD: {
    about:
      'Password of the role that Parley uses in the PostgreSQL that runs here. Empty: made up at the first start.',
    whenWrong:
      'It counts at the first start only: changed later, Parley is refused until ALTER ROLE gives the role the same.',
    default: '',
    parse: secret,
  },
  POSTGRES_SUPERUSER_PASSWORD: {
    about:
      'Password of `postgres` in the PostgreSQL that runs here; nothing in Parley uses it. Empty: made up at the first start.',
    whenWrong: 'It counts at the first start only.',
    default: '',
    parse: secret,
  },
  POSTGRES_MONITOR_PASSWORD: {
    about: 'Password of the role that reads figures. Empty: made up at the first start.',
    whenWrong:
      'It counts at the first start only: changed later, TargetDown fires and figures of PostgreSQL are missing.',
    default: '',
    parse: secret,
  },
  REDIS_PASSWORD: {
    about: 'Password of the Redis for events that runs here. Empty: made up at the first start.',
    whenWrong: 'Changed later, it counts for all once they are made anew: `up -d --force-recreate`.',
    default: '',
    parse: secret,
  },
  REDIS_JOBS_PASSWORD: {
    about: 'Password of the Redis for jobs that runs here. Empty: made up at the first start.',
    whenWrong: 'Changed later, it counts for all once they are made anew: `up -d --force-recreate`.',
    default: '',
    parse: secret,
  },
  POSTGRES_MEMORY: {
    about: 'Memory that PostgreSQL may take.',
    whenWrong: 'Too low: the kernel ends it under load, and it repairs itself from its log.',
    default: '2g',
    parse: size,
  },
  POSTGRES_SHARED_BUFFERS: {
    about: "PostgreSQL's own cache; a quarter of POSTGRES_MEMORY.",
    whenWrong: 'Too low: more reads from disk. Above POSTGRES_MEMORY: PostgreSQL is ended by the kernel.',
    default: '512MB',
    parse: postgresSize,
  },
  POSTGRES_MAX_CONNECTIONS: {
    about: `Above the sum of all pools: each API process and each worker opens up to DATABASE_POOL_SIZE + ${String(LOG_CONNECTIONS)}, and one more process runs while they are replaced.`,
    whenWrong: 'Processes are refused a connection and answer UNAVAILABLE.',
    default: '200',
    parse: integer(10, 10_000),
  },
  REDIS_MAXMEMORY: {
    about: 'Memory of the Redis for events, presence and limits; the oldest keys go first.',
    whenWrong: 'Too low: limits forget, and presence flickers.',
    default: '256mb',
    parse: size,
  },
  REDIS_JOBS_MAXMEMORY: {
    about: 'Memory of the Redis for jobs, which never drops one.',
    whenWrong: 'Too low: jobs wait in PostgreSQL until there is room.',
    default: '256mb',
    parse: size,
  },
};

/**
 * What the compose file's `setup` makes up at the first start where it is empty, and the part that must run here for it; `null`: it
 * always does.
 */
export const MADE_UP_AT_FIRST_START: Readonly<Record<string, string | null>> = {
  PUBLIC_URL: null,
  DATABASE_URL: 'postgres',
  REDIS_URL: 'redis',
  S3_ACCESS_KEY_ID: 's3',
  S3_SECRET_ACCESS_KEY: 's3',
  ACCESS_TOKEN_SECRET: null,
};

/** Secrets that are nothing but random characters, and the part that must run here for Parley to choose them; `null`: always. */
export const RANDOM_SECRETS: Readonly<Record<string, string | null>> = {
  ACCESS_TOKEN_SECRET: null,
  S3_ACCESS_KEY_ID: 's3',
  S3_SECRET_ACCESS_KEY: 's3',
  GRAFANA_ADMIN_PASSWORD: 'monitoring',
};

/** Passwords of what runs here; they count as secrets although no server reads them. */
export const COMPOSE_SECRETS: readonly string[] = [
  'GRAFANA_ADMIN_PASSWORD',
  'ALERT_WEBHOOK_URL',
  'POSTGRES_PASSWORD',
  'POSTGRES_SUPERUSER_PASSWORD',
  'POSTGRES_MONITOR_PASSWORD',
  'REDIS_PASSWORD',
  'REDIS_JOBS_PASSWORD',
];
