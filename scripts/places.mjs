// Where things are: the checkout, and on which address and ports.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Nothing that is started here is to be reached from elsewhere, unless HOST says so. */
export const HOST = '127.0.0.1';

/**
 * Ports to look among. Systems give outgoing connections, and whoever asks for "any port", numbers from 32,768 (Linux) or
 * 49,152 up; one that is found free there can be gone a second later, when the process that it is for starts.
 */
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 32_000;
/** Given out by this process: what is chosen later does not take it before it is in use. */
const given = new Set();

/** Free ports, all different, chosen at random so that two checkouts seldom look at the same one. */
export async function freePorts(count) {
  const ports = [];
  while (ports.length < count) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
}

function isFree(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
