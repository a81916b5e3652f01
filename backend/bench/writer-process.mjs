// The real writer of messages without sockets: so many people each send one message after the other, the next when the one
// before is committed. It takes DATABASE_URL from the environment and its load as JSON, and prints one line of JSON.
// `npm run bench -- --only F_pg` runs it beside pgbench on the same table.
import 'reflect-metadata';
import { Config } from '../dist/config/config.js';
import { MessageStore } from '../dist/conversations/message.store.js';
import { Database } from '../dist/infra/database/database.js';
import { LogPool } from '../dist/infra/database/log-pool.js';
import { Logger } from '../dist/infra/logger/logger.js';
import { Metrics } from '../dist/infra/metrics/metrics.js';
import { newId } from '../dist/infra/new-id.js';
import { MessageWriter } from '../dist/messaging/message-writer.js';
import { outgoingMessage } from '../dist/messaging/outgoing-message.js';
import { OutgoingStore } from '../dist/messaging/outgoing.store.js';
import { Arrivals } from '../dist/realtime/arrivals.js';

const { senders, textLength, warmUpMs, measureMs } = JSON.parse(process.argv[2]);
const text = 'x'.repeat(textLength);

const config = Config.read();
const metrics = new Metrics();
const logger = new Logger(config, metrics);
const log = new LogPool(config, logger, metrics);
const database = new Database(config, logger, metrics);
const store = new OutgoingStore(log, database, new MessageStore(database));
// Nobody is connected: frames are made and reach nobody.
const publisher = { changes: () => undefined };
const announce = { toReaders: () => undefined };
const writer = new MessageWriter(store, publisher, announce, new Arrivals(), logger);

const from = performance.now() + warmUpMs;
const until = from + measureMs;
let committed = 0;
let cpuFrom = process.cpuUsage();
setTimeout(() => {
  cpuFrom = process.cpuUsage();
}, warmUpMs);

async function sendOneAfterTheOther({ userId, conversationId }) {
  while (performance.now() < until) {
    const clientMessageId = newId();
    const outcome = await writer.write(
      outgoingMessage(newId(), userId, conversationId, { clientMessageId, text }),
    );
    if (outcome.status !== 'created') throw new Error(`A message was not written: ${outcome.status}`);
    const now = performance.now();
    if (now >= from && now < until) committed += 1;
  }
}

await Promise.all(senders.map(sendOneAfterTheOther));
const { user, system } = process.cpuUsage(cpuFrom);
console.log(
  JSON.stringify({ committed, seconds: measureMs / 1_000, cpuSeconds: (user + system) / 1_000_000 }),
);
await Promise.all([log.onApplicationShutdown(), database.onApplicationShutdown()]);
process.exit(0);
