// A Redis Cluster of masters on loopback, for the tests.
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { sleep } from './managed-process.mjs';
import { HOST, freePorts } from './places.mjs';
import { makeRedis } from './services.mjs';

const SLOTS = 16_384;
const JOINED_WITHIN_MS = 15_000;
/** A node that does not answer for so long is taken for dead. */
const NODE_TIMEOUT_MS = '1000';

/** Starts `count` masters with an equal share of the slots each. */
export async function startRedisCluster(dataDir, count = 3) {
  const free = await freePorts(2 * count);
  const ports = free.slice(0, count);
  const nodes = ports.map((port, index) => {
    const folder = join(dataDir, `node-${index + 1}`);
    mkdirSync(folder, { recursive: true });
    return makeRedis({
      dataDir: folder,
      port,
      logFile: join(folder, 'redis.log'),
      durable: false,
      more: [
        '--cluster-enabled',
        'yes',
        '--cluster-port',
        String(free[count + index]),
        '--cluster-node-timeout',
        NODE_TIMEOUT_MS,
      ],
    });
  });
  const stop = () => Promise.all(nodes.map((node) => node.terminate()));
  try {
    await Promise.all(nodes.map((node) => node.start()));
    await Promise.all(
      ports.map((port, index) => {
        const from = Math.floor((SLOTS * index) / count);
        const to = Math.floor((SLOTS * (index + 1)) / count) - 1;
        return ask(port, `CLUSTER ADDSLOTSRANGE ${from} ${to}`);
      }),
    );
    for (const port of ports.slice(1)) await ask(port, `CLUSTER MEET ${HOST} ${ports[0]} ${free[count]}`);
    const began = Date.now();
    for (const port of ports) {
      while (!(await ask(port, 'CLUSTER INFO')).includes('cluster_state:ok')) {
        if (Date.now() - began > JOINED_WITHIN_MS) throw new Error('The nodes did not become one cluster');
        await sleep(50);
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, urls: nodes.map(({ url }) => url), stop };
}

/** The first piece of the answer, which is all of it where it is short. */
function ask(port, command) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port });
    socket.on('error', reject);
    socket.on('data', (answer) => {
      socket.destroy();
      const text = answer.toString();
      if (text.startsWith('-')) reject(new Error(`${command}: ${text}`));
      else resolve(text);
    });
    socket.write(`${command}\r\n`);
  });
}
