import type { CommandName, EventName, Route, RouteName } from '@parley/protocol';
import { API_PREFIX, commands, events, routes } from '@parley/protocol';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';

interface Document {
  components: { schemas: Record<string, object> };
}

/** The documents that a server serves, to hold its answers against. What a schema does not name, no answer may hold. */
export class Contract {
  private constructor(
    private readonly openapi: Ajv2020,
    private readonly asyncapi: Ajv2020,
  ) {}

  static async of(baseUrl: string): Promise<Contract> {
    const [openapi, asyncapi] = await Promise.all(
      ['openapi.json', 'asyncapi.json'].map(async (name) => {
        const response = await fetch(`${baseUrl}${API_PREFIX}/${name}`);
        return validatorOf((await response.json()) as Document);
      }),
    );
    if (!openapi || !asyncapi) throw new Error('The documents are not served');
    return new Contract(openapi, asyncapi);
  }

  holdAnswer(name: RouteName, status: number, body: unknown): void {
    const route: Route = routes[name];
    if (status >= 400 && !route.status.includes(status)) {
      hold(this.openapi, 'ErrorAnswer', body, `${name} ${String(status)}`);
      return;
    }
    expect(route.status, name).toContain(status);
    if (status !== 204) hold(this.openapi, route.answer.shape, body, `${name} ${String(status)}`);
  }

  /** `data` of an ack. */
  holdResult(name: CommandName, data: unknown): void {
    hold(this.asyncapi, commands[name].result, data, name);
  }

  holdError(error: unknown): void {
    hold(this.asyncapi, 'ErrorObject', error, 'error');
  }

  holdEvent(name: EventName, payload: unknown): void {
    hold(this.asyncapi, events[name].payload, payload, name);
  }
}

function validatorOf(document: Document): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'contract', components: closed(document.components) });
  return ajv;
}

/** Objects with named properties take no others: clients may ignore unknown fields, a server may not leak them. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, child]) => [key, closed(child)]));
  if (copy['type'] === 'object' && 'properties' in copy && !('additionalProperties' in copy)) {
    return { ...copy, additionalProperties: false };
  }
  return copy;
}

function hold(ajv: Ajv2020, shape: string, value: unknown, what: string): void {
  const validate = ajv.getSchema(`contract#/components/schemas/${shape}`);
  if (!validate) throw new Error(`The document has no shape ${shape}`);
  expect(
    validate(value) === true ? [] : validate.errors,
    `${what} as ${shape}: ${JSON.stringify(value)}`,
  ).toEqual([]);
}
