// Where exporters find what Parley uses, in their own words: they read addresses otherwise than the servers do.

/**
 * The address of PostgreSQL for its exporter, without an account. `sslmode` as the servers take it, in the exporter's words: without
 * one nothing is encrypted; `no-verify` is what it calls `require`.
 * @param {URL} database
 */
export function postgresExporterUri(database) {
  const mode = database.searchParams.get('sslmode') ?? 'disable';
  // `prefer` and `require` are `verify-full` to the servers, unless they are told to read them as PostgreSQL's own programs do.
  const isLoose = database.searchParams.get('uselibpqcompat') === 'true';
  const known = {
    disable: 'disable',
    'no-verify': 'require',
    ...(isLoose ? { prefer: 'require', require: 'require' } : {}),
  };
  return `${database.host}${database.pathname}?sslmode=${known[mode] ?? 'verify-full'}`;
}

/** The addresses of a list, each with the account of the first, as the servers take them. @param {string} list */
export function redisUrls(list) {
  const urls = list
    .split(',')
    .map((text) => text.trim())
    .filter(Boolean)
    .map((text) => new URL(text));
  const [first] = urls;
  for (const url of urls) {
    url.username = first.username;
    url.password = first.password;
  }
  return urls;
}

/**
 * What Prometheus asks the exporter of Redis for, and the passwords that it looks up by these addresses. A Redis that is both is told
 * as the cache.
 * @param {{ cache: URL[], jobs: URL[] }} uses
 */
export function redisExporterTargets({ cache, jobs }) {
  const stores = new Map();
  for (const [use, urls] of [
    ['jobs', jobs],
    ['cache', cache],
  ]) {
    for (const { protocol, username, password, hostname, port } of urls) {
      const account = username && username !== 'default' ? `${username}@` : '';
      stores.set(`${protocol}//${account}${hostname}:${port || '6379'}`, {
        use,
        password: decodeURIComponent(password),
      });
    }
  }
  return {
    passwords: Object.fromEntries([...stores].map(([address, { password }]) => [address, password])),
    targets: [...stores].map(([address, { use }]) => ({ targets: [address], labels: { use } })),
  };
}
