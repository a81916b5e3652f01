import type { Values } from './read-variables.js';
import { readVariables } from './read-variables.js';
import type { VariableName, VariableValue } from './variables.js';
import { VARIABLES } from './variables.js';

/** A variable that has a default always has a value; its type says so here and nowhere else. */
function filled<K extends VariableName>(values: Values, name: K): VariableValue<K> {
  const value = values[name];
  if (value === undefined) throw new Error(`${name} has no value and no default`);
  return value;
}

/** The whole configuration, typed. Units are those that `variables.ts` documents. */
export class Config {
  readonly production: boolean;
  readonly logLevel: VariableValue<'LOG_LEVEL'>;
  readonly http;
  readonly database;
  readonly redis;
  readonly s3;
  readonly tokens;
  readonly socket;
  readonly limits;

  constructor(values: Values) {
    this.production = values.NODE_ENV === 'production';
    this.logLevel = filled(values, 'LOG_LEVEL');

    const port = filled(values, 'PORT');
    const publicUrl = values.PUBLIC_URL ?? `http://localhost:${String(port)}`;
    this.http = {
      host: filled(values, 'HOST'),
      port,
      workerPort: filled(values, 'WORKER_PORT'),
      publicUrl,
      /** Exact origins; a request that names another one is refused. */
      allowedOrigins: new Set([
        publicUrl,
        ...filled(values, 'ALLOWED_ORIGINS'),
        // Where nobody said a name, a browser on this machine may use either of its two.
        ...(values.PUBLIC_URL === undefined ? [`http://127.0.0.1:${String(port)}`] : []),
      ]),
      webRoot: values.WEB_ROOT ?? null,
      trustProxyHops: filled(values, 'TRUST_PROXY_HOPS'),
      secureCookies: publicUrl.startsWith('https:'),
    };
    this.database = {
      url: filled(values, 'DATABASE_URL'),
      poolSize: filled(values, 'DATABASE_POOL_SIZE'),
      fullCheckAfterMs: filled(values, 'FULL_CHECK_AFTER_SECONDS') * 1_000,
    };
    const urls = filled(values, 'REDIS_URL');
    const queueUrls = values.REDIS_QUEUE_URL ?? urls;
    const isCluster = filled(values, 'REDIS_CLUSTER');
    this.redis = {
      place: { urls, isCluster: isCluster || urls.length > 1 },
      queuePlace: {
        urls: queueUrls,
        // The word for one address is about that one alone.
        isCluster: (isCluster && queueUrls.join() === urls.join()) || queueUrls.length > 1,
      },
    };
    this.s3 = {
      endpoint: values.S3_ENDPOINT ?? null,
      publicEndpoint: values.S3_PUBLIC_ENDPOINT ?? values.S3_ENDPOINT ?? null,
      region: filled(values, 'S3_REGION'),
      bucket: filled(values, 'S3_BUCKET'),
      accessKeyId: filled(values, 'S3_ACCESS_KEY_ID'),
      secretAccessKey: filled(values, 'S3_SECRET_ACCESS_KEY'),
      forcePathStyle: filled(values, 'S3_FORCE_PATH_STYLE'),
    };
    this.tokens = {
      secret: filled(values, 'ACCESS_TOKEN_SECRET'),
      accessSeconds: filled(values, 'ACCESS_TOKEN_SECONDS'),
      refreshDays: filled(values, 'REFRESH_TOKEN_DAYS'),
    };
    const scale = filled(values, 'RATE_LIMIT_SCALE');
    const scaled = (name: VariableName & `RATE_LIMIT_${string}`): number =>
      Math.max(1, Math.round(filled(values, name) * scale));
    this.socket = {
      polling: filled(values, 'SOCKET_POLLING'),
      perInstance: filled(values, 'SOCKETS_PER_INSTANCE'),
      perUser: filled(values, 'SOCKETS_PER_USER'),
      perAddress: scaled('RATE_LIMIT_SOCKETS_PER_ADDRESS'),
      handshakesAtOnce: filled(values, 'HANDSHAKES_AT_ONCE'),
    };
    this.limits = {
      messagesPerMinute: scaled('RATE_LIMIT_MESSAGES_PER_MINUTE'),
      commandsPerMinute: scaled('RATE_LIMIT_COMMANDS_PER_MINUTE'),
      requestsPerMinute: scaled('RATE_LIMIT_REQUESTS_PER_MINUTE'),
      loginsPerMinutePerAddress: scaled('RATE_LIMIT_LOGINS_PER_MINUTE_PER_ADDRESS'),
      loginsPerMinutePerAccount: scaled('RATE_LIMIT_LOGINS_PER_MINUTE_PER_ACCOUNT'),
      registrationsPerHourPerAddress: scaled('RATE_LIMIT_REGISTRATIONS_PER_HOUR_PER_ADDRESS'),
      refreshesPerMinutePerAddress: scaled('RATE_LIMIT_REFRESHES_PER_MINUTE_PER_ADDRESS'),
      passwordsPerHour: scaled('RATE_LIMIT_PASSWORDS_PER_HOUR'),
      conversationsPerHour: scaled('RATE_LIMIT_CONVERSATIONS_PER_HOUR'),
      joinsPerHour: scaled('RATE_LIMIT_JOINS_PER_HOUR'),
      connectionsPerMinutePerUser: scaled('RATE_LIMIT_CONNECTIONS_PER_MINUTE_PER_USER'),
      connectionsPerMinutePerAddress: scaled('RATE_LIMIT_CONNECTIONS_PER_MINUTE_PER_ADDRESS'),
    };
  }

  /** Throws `ConfigurationError`, which lists every fault. */
  static read(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
    return new Config(readVariables(environment));
  }
}

/** Names of all variables, for what checks or prints the environment as a whole. */
export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[];
