import type { Variable } from './variable.js';
import { flag, integer, oneOf, origin, originList, positiveNumber, text, url, urlList } from './variable.js';

type Definition<T> = Omit<Variable<T>, 'default' | 'required' | 'secret'> &
  Partial<Pick<Variable<T>, 'default' | 'required' | 'secret'>>;

function variable<T>(definition: Definition<T>): Variable<T> {
  return { default: null, required: 'never', secret: false, ...definition };
}

function limit(about: string, amount: number): Variable<number> {
  return variable({
    group: 'Limits',
    about: `${about} Multiplied by RATE_LIMIT_SCALE.`,
    whenWrong:
      'Too low refuses honest people (RATE_LIMITED); too high lets one account take the capacity of all.',
    default: String(amount),
    parse: integer(1, 100_000_000),
  });
}

/** Every variable that Parley reads. `env.production.example` is rendered from this table. */
export const VARIABLES = {
  NODE_ENV: variable({
    group: 'Process',
    about: '`production` refuses default and weak secrets and writes JSON logs.',
    whenWrong: 'Outside production the well-known development secrets are accepted.',
    default: 'development',
    parse: oneOf('development', 'test', 'production'),
  }),
  HOST: variable({
    group: 'Process',
    about: 'Address to listen on. 0.0.0.0 inside a container.',
    whenWrong: 'Nothing outside this machine (or container) can connect.',
    default: '127.0.0.1',
    parse: text,
  }),
  PORT: variable({
    group: 'Process',
    about: 'TCP port of the API and the socket; 0 takes a free one.',
    whenWrong: 'The process does not start, or the proxy finds nobody.',
    default: '3000',
    parse: integer(0, 65_535),
  }),
  WORKER_PORT: variable({
    group: 'Process',
    about: "TCP port of the worker's /health, /health/ready and /metrics; 0 takes a free one.",
    whenWrong: 'The worker does not start, or is not watched.',
    default: '3001',
    parse: integer(0, 65_535),
  }),
  PUBLIC_URL: variable({
    group: 'Process',
    about:
      'Origin under which browsers reach Parley; http://localhost:PORT where unset. With https the refresh cookie is Secure.',
    whenWrong: 'Browsers are refused with FORBIDDEN (their Origin is not this one), or lose the cookie.',
    required: 'production',
    parse: origin,
  }),
  ALLOWED_ORIGINS: variable({
    group: 'Process',
    about: "More origins whose pages may call the API, comma-separated; PUBLIC_URL's is always allowed.",
    whenWrong: 'Pages of a missing origin are refused; a foreign one listed here can act for its visitors.',
    default: '',
    parse: originList,
  }),
  WEB_ROOT: variable({
    group: 'Process',
    about: 'Folder of the built web client, served by this process where set; a proxy serves it otherwise.',
    whenWrong: 'The page does not load; the API is unaffected.',
    parse: text,
  }),
  TRUST_PROXY_HOPS: variable({
    group: 'Process',
    about: 'How many proxies stand in front: their X-Forwarded-For entries name the client.',
    whenWrong:
      'Too low: all people share the address of the proxy, and its limits. Too high: clients choose their own address.',
    default: '0',
    parse: integer(0, 10),
  }),
  LOG_LEVEL: variable({
    group: 'Process',
    about: 'Least important entries that are written.',
    whenWrong: 'Too little to find a fault, or disks full of it.',
    default: 'info',
    parse: oneOf('error', 'warn', 'info', 'debug'),
  }),

  DATABASE_URL: variable({
    group: 'PostgreSQL',
    about: 'postgresql://user:password@host:port/database of the primary.',
    whenWrong: 'The process does not get ready; sends answer UNAVAILABLE.',
    default: 'postgresql://parley:parley@127.0.0.1:5432/parley',
    required: 'production',
    secret: true,
    parse: url('postgresql:', 'postgres:'),
  }),
  DATABASE_POOL_SIZE: variable({
    group: 'PostgreSQL',
    about: 'Connections of each process. All processes together stay below max_connections.',
    whenWrong: 'Too low: requests wait, then answer UNAVAILABLE. Too high: PostgreSQL refuses connections.',
    default: '10',
    parse: integer(2, 500),
  }),
  FULL_CHECK_AFTER_SECONDS: variable({
    group: 'PostgreSQL',
    about:
      'Seconds without PostgreSQL after which an instance checks every conversation and session it holds, not only what moved since.',
    whenWrong: 'Too low: each hiccup costs a look at everything. Above 3,000 what moved may be cleaned up.',
    default: '300',
    // The outbox and ended sessions are kept for an hour.
    parse: integer(5, 3_000),
  }),

  REDIS_URL: variable({
    group: 'Redis',
    about:
      'redis:// or rediss:// address: live events between instances, presence and shared limits. Nothing is lost with it. Several: nodes of one Redis Cluster, with the account of the first.',
    whenWrong: 'Events reach other instances late (from PostgreSQL), and limits count per instance.',
    default: 'redis://127.0.0.1:6379',
    required: 'production',
    secret: true,
    parse: urlList('redis:', 'rediss:'),
  }),
  REDIS_CLUSTER: variable({
    group: 'Redis',
    about: 'true: REDIS_URL is the only address of a Redis Cluster, which tells its nodes.',
    whenWrong: 'true for a single Redis: it is not used. false for a cluster: most keys answer MOVED.',
    default: 'false',
    parse: flag,
  }),
  REDIS_QUEUE_URL: variable({
    group: 'Redis',
    about:
      'Redis of the job queue; REDIS_URL where unset. It must not evict keys (maxmemory-policy noeviction).',
    whenWrong: 'Jobs wait in the outbox until it is reachable.',
    secret: true,
    parse: urlList('redis:', 'rediss:'),
  }),

  S3_ENDPOINT: variable({
    group: 'S3',
    about:
      'Address of the S3 store as the servers reach it; AWS in S3_REGION where unset. In docker-compose.production.yml unset is the store that runs there, and the empty S3_ENDPOINT= is AWS.',
    whenWrong: 'Files stay `processing` and uploads fail; text is unaffected.',
    parse: url('http:', 'https:'),
  }),
  S3_PUBLIC_ENDPOINT: variable({
    group: 'S3',
    about: 'Address of the S3 store as browsers reach it, put into presigned links; S3_ENDPOINT where unset.',
    whenWrong: 'Browsers can not upload or download.',
    parse: url('http:', 'https:'),
  }),
  S3_REGION: variable({
    group: 'S3',
    about: 'Region that requests are signed for.',
    whenWrong: 'The store refuses the signature.',
    default: 'us-east-1',
    parse: text,
  }),
  S3_BUCKET: variable({
    group: 'S3',
    about: 'Bucket of all files. It is private; Parley does not create it.',
    whenWrong: 'Files stay `processing` and uploads fail.',
    default: 'parley',
    parse: text,
  }),
  S3_ACCESS_KEY_ID: variable({
    group: 'S3',
    about: 'Key of an account that may read, write and delete objects of the bucket.',
    whenWrong: 'The store refuses every request.',
    default: 'parley-development',
    required: 'production',
    secret: true,
    parse: text,
  }),
  S3_SECRET_ACCESS_KEY: variable({
    group: 'S3',
    about: 'Secret of S3_ACCESS_KEY_ID, at least 16 characters.',
    whenWrong: 'The store refuses every request.',
    default: 'parley-development',
    required: 'production',
    secret: true,
    parse: text,
  }),
  S3_FORCE_PATH_STYLE: variable({
    group: 'S3',
    about: 'true: the bucket is in the path (most stores that are not AWS); false: in the host name.',
    whenWrong: 'Requests go to a host or bucket that does not exist.',
    default: 'true',
    parse: flag,
  }),

  ACCESS_TOKEN_SECRET: variable({
    group: 'Sessions',
    about:
      'Signs access tokens and derives refresh tokens: at least 32 random characters (256 bits), the same on every instance.',
    whenWrong: 'Who knows it is anybody. Changing it signs everybody out.',
    default: 'parley-development-access-token-secret',
    required: 'production',
    secret: true,
    parse: text,
  }),
  ACCESS_TOKEN_SECONDS: variable({
    group: 'Sessions',
    about: 'Seconds that an access token lives.',
    whenWrong: 'Too low: clients refresh all the time. Too high: a stolen token works for long.',
    default: '900',
    parse: integer(5, 86_400),
  }),
  REFRESH_TOKEN_DAYS: variable({
    group: 'Sessions',
    about: 'Days after its last use at which a session ends.',
    whenWrong: 'Too low: people sign in often. Too high: a forgotten device stays signed in.',
    default: '30',
    parse: integer(1, 400),
  }),

  SOCKET_POLLING: variable({
    group: 'Socket',
    about: 'true: long polling beside WebSocket. The proxy must then keep a client on one instance.',
    whenWrong: 'Without stickiness, polling clients see "Session ID unknown" and reconnect for ever.',
    default: 'false',
    parse: flag,
  }),
  SOCKETS_PER_INSTANCE: variable({
    group: 'Socket',
    about: 'Connections one process takes; above, upgrades answer 503 and the proxy tries the next.',
    whenWrong: 'Too low: people can not connect. Too high: a process runs out of memory or file descriptors.',
    default: '15000',
    parse: integer(1, 1_000_000),
  }),
  SOCKETS_PER_USER: variable({
    group: 'Socket',
    about: 'Connections one person may hold on one instance: devices and tabs.',
    whenWrong: 'Too low: the next tab is refused with RATE_LIMITED.',
    default: '50',
    parse: integer(1, 100_000),
  }),
  HANDSHAKES_AT_ONCE: variable({
    group: 'Socket',
    about:
      'Connections of one process that may be between the accepted upgrade and `ready` at once; above, upgrades answer 503 and the proxy tries the next.',
    whenWrong:
      'Too low: after a restart people come back slowly, and clients on slow networks hold the places. Too high: a flood of connections that never join takes memory.',
    // Those who wait for their turn, 4 s at most and so some 500, and those whose first packet is under way: a phone takes a
    // second for it. More are refused without a word of when to come back, which costs more tries than it saves.
    default: '2000',
    parse: integer(1, 100_000),
  }),

  RATE_LIMIT_SCALE: variable({
    group: 'Limits',
    about: 'Factor on every limit below, for load tests from few addresses and accounts.',
    whenWrong: 'Above 1 in production, the protection is weaker by that factor.',
    default: '1',
    parse: positiveNumber,
  }),
  RATE_LIMIT_MESSAGES_PER_MINUTE: limit('Messages a person may send in a minute, over all instances.', 100),
  RATE_LIMIT_COMMANDS_PER_MINUTE: limit(
    'Socket commands a person may send in a minute, over all instances. A connection is cut that sends more than twice as many.',
    1_200,
  ),
  RATE_LIMIT_REQUESTS_PER_MINUTE: limit(
    'REST requests a person may send in a minute, over all instances.',
    1_200,
  ),
  // 50 connections that are lost twice in a minute, and some more.
  RATE_LIMIT_CONNECTIONS_PER_MINUTE_PER_USER: limit('Sockets a person may open in a minute.', 120),
  // What nginx lets one address start and hold, 100 a second and 2,000: also where no nginx stands before it.
  RATE_LIMIT_CONNECTIONS_PER_MINUTE_PER_ADDRESS: limit(
    'Sockets that may be opened in a minute from one address.',
    6_000,
  ),
  RATE_LIMIT_SOCKETS_PER_ADDRESS: limit(
    'Connections from one address that one instance holds at once.',
    2_000,
  ),
  RATE_LIMIT_LOGINS_PER_MINUTE_PER_ADDRESS: limit('Sign-ins tried in a minute from one address.', 60),
  RATE_LIMIT_LOGINS_PER_MINUTE_PER_ACCOUNT: limit('Sign-ins tried in a minute on one account.', 10),
  RATE_LIMIT_REGISTRATIONS_PER_HOUR_PER_ADDRESS: limit('Accounts made in an hour from one address.', 300),
  RATE_LIMIT_REFRESHES_PER_MINUTE_PER_ADDRESS: limit('Refreshes in a minute from one address.', 600),
  RATE_LIMIT_PASSWORDS_PER_HOUR: limit('Password changes a person may try in an hour.', 20),
  RATE_LIMIT_CONVERSATIONS_PER_HOUR: limit('Conversations a person may start in an hour.', 300),
  // Ten groups of the largest size that is added with one request, in an hour.
  RATE_LIMIT_JOINS_PER_HOUR: limit('Channels a person may join and people they may add, in an hour.', 1_000),
} satisfies Record<string, Variable<unknown>>;

export type VariableName = keyof typeof VARIABLES;
export type VariableValue<K extends VariableName> = ReturnType<(typeof VARIABLES)[K]['parse']>;
