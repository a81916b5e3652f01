import type { ServiceUrls } from '../ground/cluster.js';
import { nameOfStatement, postgresStatements } from './postgres-statements.js';
import { redisCommands, redisPublished } from './redis-messages.js';
import type { Counted } from './tally.js';
import { Tally } from './tally.js';
import { Tap } from './tap.js';

/** The channel without what names a room or an instance. */
const kindOfChannel = (channel: string): string => channel.split(':').slice(0, 2).join(':');

/** What is published says little without where. */
const nameOfCommand = (name: string, argument: string): string =>
  name === 'publish' ? `publish ${kindOfChannel(argument)}` : name;

/** Counts what one instance asks of its services, and what the bus sends it. */
export class CountedInstance {
  private readonly tally = new Tally();
  private readonly taps: Tap[] = [];

  constructor(private readonly name: string) {}

  /** The variables with which the instance finds its services behind the taps. */
  async environment({ databaseUrl, redisUrl }: ServiceUrls): Promise<Record<string, string>> {
    const nothing = (): void => undefined;
    const postgres = await Tap.open(databaseUrl, () => ({
      toServer: postgresStatements((sql) => this.tally.add(`${this.name} SQL: ${nameOfStatement(sql)}`)),
      toClient: nothing,
    }));
    const redis = await Tap.open(redisUrl, () => ({
      toServer: redisCommands((name, argument) =>
        this.tally.add(`${this.name} Redis: ${nameOfCommand(name, argument)}`),
      ),
      toClient: redisPublished((channel) => this.tally.add(`${this.name} bus: ${kindOfChannel(channel)}`)),
    }));
    this.taps.push(postgres, redis);
    return { DATABASE_URL: postgres.before(databaseUrl), REDIS_URL: redis.before(redisUrl) };
  }

  now(): Counted {
    return this.tally.now();
  }

  since(before: Counted): Counted {
    return this.tally.since(before);
  }

  close(): void {
    for (const tap of this.taps) tap.close();
  }
}
