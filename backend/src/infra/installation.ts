import type { Config } from '../config/config.js';

/** Instances of one installation share a database, which others on the same Redis do not: its name is part of their keys. */
export function installationOf(config: Config): string {
  return new URL(config.database.url).pathname.slice(1);
}
