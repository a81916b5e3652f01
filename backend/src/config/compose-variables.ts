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

/** As Redis and PostgreSQL write sizes. */
const size = parser('a size such as 512mb or 2gb', (value) => {
  if (!/^\d+ ?[kmg]b?$/i.test(value)) throw new VariableFault('must be a size such as 512mb or 2gb');
  return value;
});

const PROFILES = ['postgres', 'redis', 's3', 'monitoring'];
const profiles = parser(`some of ${PROFILES.join(', ')}, comma-separated`, (value) => {
  const names = value.split(',').map((name) => name.trim());
  if (names.some((name) => !PROFILES.includes(name))) {
    throw new VariableFault(`may only name ${PROFILES.join(', ')}`);
  }
  return names;
});

const absolutePath = parser('an absolute path', (value) => {
  if (!value.startsWith('/')) throw new VariableFault('must be an absolute path');
  return value;
});

const duration = parser('a time such as 30d or 12h', (value) => {
  if (!/^(\d+(ms|[smhdwy]))+$/.test(value)) throw new VariableFault('must be a time such as 30d or 12h');
  return value;
});

const password = parser(`at least ${String(GRAFANA_PASSWORD_MIN)} random characters`, (value) => {
  const weakness = weaknessOf(value, GRAFANA_PASSWORD_MIN);
  if (weakness) throw new VariableFault(weakness);
  return value;
});

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
  PARLEY_VERSION: {
    about: 'Tag of the images.',
    whenWrong: 'Images of that tag are built anew from this checkout.',
    default: 'latest',
  },
  BACKEND_REPLICAS: {
    about: 'API processes; `--scale backend=N` counts where given.',
    whenWrong: 'Too few: no room for a failure. Too many: they share the processors of one machine.',
    default: '2',
    parse: integer(1, 100),
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
  GRAFANA_PORT: {
    about: 'TCP port of Grafana on GRAFANA_BIND (127.0.0.1).',
    whenWrong: 'Grafana does not start.',
    default: '3002',
    parse: port,
  },
  GRAFANA_ADMIN_PASSWORD: {
    about: 'Password of `admin` in Grafana. Empty: made up at the first start, see PRODUCTION_DEPLOYMENT.md.',
    whenWrong: 'It counts at the first start only.',
    default: '',
    parse: password,
  },
  PROMETHEUS_PORT: {
    about: 'TCP port of Prometheus on PROMETHEUS_BIND (127.0.0.1). It has no sign-in: never publish it.',
    whenWrong: 'Prometheus does not start; published, everybody reads all figures.',
    default: '9090',
    parse: port,
  },
  PROMETHEUS_RETENTION: {
    about: 'How long figures are kept; at most PROMETHEUS_RETENTION_SIZE (10GB).',
    whenWrong: 'Too short: nothing to compare with. Too long: the disk fills up to the size.',
    default: '30d',
    parse: duration,
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
  POSTGRES_SHARED_BUFFERS: {
    about: "PostgreSQL's own cache; a quarter of POSTGRES_MEMORY (2g).",
    whenWrong: 'Too low: more reads from disk. Above POSTGRES_MEMORY: PostgreSQL is ended by the kernel.',
    default: '512MB',
    parse: size,
  },
  POSTGRES_MAX_CONNECTIONS: {
    about: 'Above the sum of all pools: each API process and the worker open up to 2 × DATABASE_POOL_SIZE.',
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
