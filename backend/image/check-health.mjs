// Asks the process of this container how it is: `check-health.mjs live|ready [api|worker]`. Ends with 0 where it is well.
const [what = 'live', who = 'api'] = process.argv.slice(2);
const port = who === 'worker' ? (process.env.WORKER_PORT ?? 3001) : (process.env.PORT ?? 3000);
const path = what === 'ready' ? '/health/ready' : '/health';
try {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(3_000) });
  // It stands in `docker inspect`, so whoever looks there sees which dependency is down.
  console.log(response.status, await response.text());
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}
