// Changes what all processes of this installation log, for a while: `log-level.mjs error|warn|info|debug [minutes]`, 15 minutes
// where none are given; `log-level.mjs default` ends it. They read it every 2 s (backend/src/infra/logger/log-levels.ts).
import { Redis } from 'ioredis';
import { readFileSync } from 'node:fs';

const LEVELS = ['error', 'warn', 'info', 'debug'];
/** Longer is a setting, and belongs into LOG_LEVEL. */
const MINUTES_MAX = 24 * 60;

const [level, given = '15'] = process.argv.slice(2);
const minutes = Number(given);
if ((level !== 'default' && !LEVELS.includes(level)) || !(minutes > 0 && minutes <= MINUTES_MAX)) {
  console.error('log-level.mjs error|warn|info|debug [minutes] | default');
  process.exit(2);
}

function variable(name) {
  const file = process.env[`${name}_FILE`];
  return process.env[name] || (file ? readFileSync(file, 'utf8').trimEnd() : undefined);
}

const database = variable('DATABASE_URL') ?? 'postgresql://127.0.0.1/parley';
const key = `parley:log-level:${new URL(database).pathname.slice(1)}`;
const redis = new Redis(variable('REDIS_URL') ?? 'redis://127.0.0.1:6379', {
  retryStrategy: () => null,
  maxRetriesPerRequest: 0,
});
redis.on('error', () => undefined);
try {
  if (level === 'default') await redis.del(key);
  else {
    const milliseconds = Math.round(minutes * 60_000);
    await redis.set(key, `${level} ${Date.now() + milliseconds}`, 'PX', milliseconds);
  }
  console.log(level === 'default' ? 'LOG_LEVEL holds again' : `${level} for ${minutes} minutes`);
} catch (error) {
  console.error(`Redis can not be reached (${error.message}). For one process alone: kill -USR2 1`);
  process.exitCode = 1;
} finally {
  redis.disconnect();
}
