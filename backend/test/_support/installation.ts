import type { Conversation, CreateConversationInput, Message, RouteAnswer } from '@parley/protocol';
import { randomUUID } from 'node:crypto';
import type { Person } from './api.js';
import { Metrics } from '../../src/infra/metrics/metrics.js';
import { Api, Connection } from './api.js';
import type { AppOptions, StartedApp } from './start-app.js';
import { startApp } from './start-app.js';
import type { TestDatabase } from './test-database.js';
import { createTestDatabase } from './test-database.js';

/** A database of its own with instances on it, and short words for what most tests do first. */
export class Installation {
  private readonly connections: Connection[] = [];

  private constructor(
    readonly database: TestDatabase,
    private readonly apps: readonly StartedApp[],
    readonly apis: readonly Api[],
  ) {}

  static async start(instances: readonly Partial<AppOptions>[] = [{}]): Promise<Installation> {
    const database = await createTestDatabase();
    const apps = await Promise.all(
      instances.map((options) => startApp({ databaseUrl: database.url, ...options })),
    );
    return new Installation(
      database,
      apps,
      apps.map((app) => new Api(app.baseUrl)),
    );
  }

  /** One more instance on the database of another installation, reached in another way. Dropped with that one. */
  static async startOn(installation: Installation, options: AppOptions): Promise<Installation> {
    const app = await startApp(options);
    return new Installation(installation.database, [app], [new Api(app.baseUrl)]);
  }

  async closeInstances(): Promise<void> {
    for (const connection of this.connections) connection.close();
    await Promise.all(this.apps.map((app) => app.close()));
  }

  async stop(): Promise<void> {
    await this.closeInstances();
    await this.database.drop();
  }

  /** The first instance, unless another is named. */
  api(instance = 0): Api {
    const api = this.apis[instance];
    if (!api) throw new Error(`There is no instance ${String(instance)}`);
    return api;
  }

  /** A part of an instance, to be put into a state that only races bring about. */
  part<T>(type: new (...parts: never[]) => T, instance = 0): T {
    const started = this.apps[instance];
    if (!started) throw new Error(`There is no instance ${String(instance)}`);
    return started.app.get(type);
  }

  /** The sum of a metric over its labels, as the instance has it now. */
  async metric(name: string, instance = 0): Promise<number> {
    const metrics = this.apps[instance]?.app.get(Metrics);
    const found = await metrics?.registry.getSingleMetric(name)?.get();
    return found?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
  }

  people(...names: string[]): Promise<Person[]> {
    return Promise.all(names.map((name) => this.api().register(name)));
  }

  async somebody(name: string): Promise<Person> {
    return this.api().register(name);
  }

  async connect(person: Person, instance = 0): Promise<Connection> {
    const connection = await Connection.as(this.api(instance).baseUrl, person);
    this.connections.push(connection);
    return connection;
  }

  start(
    creator: Person,
    others: readonly Person[],
    input: Partial<CreateConversationInput> = {},
  ): Promise<Conversation> {
    return this.api().call('POST /conversations', {
      token: creator.token,
      body: { kind: 'group', memberIds: others.map(({ user }) => user.id), title: 'Us', ...input },
    });
  }

  post(
    person: Person,
    conversationId: string,
    text: string,
    more: object = {},
    instance = 0,
  ): Promise<Message> {
    return this.api(instance).call('POST /conversations/:id/messages', {
      token: person.token,
      params: { id: conversationId },
      body: { clientMessageId: randomUUID(), text, ...more },
    });
  }

  history(
    person: Person,
    conversationId: string,
    query: Record<string, string | number> = {},
    instance = 0,
  ): Promise<RouteAnswer<'GET /conversations/:id/messages'>> {
    return this.api(instance).call('GET /conversations/:id/messages', {
      token: person.token,
      params: { id: conversationId },
      query,
    });
  }
}
