/** The AsyncAPI 3.0 document of the socket, from the tables of commands and events. */
import { commands, type Command } from '../commands.js';
import { events } from '../events.js';
import { PROTOCOL_VERSION, SOCKET_PATH } from '../names.js';
import { COMMON_ERRORS, inputSchema, shapeSchemas, type JsonSchema } from './schemas.js';

const CHANNEL = 'socket';
/** Names hold `:`, which a JSON pointer may, but a component key may not. */
const key = (name: string) => name.replace(':', '.');
const channelMessage = (name: string) => ({ $ref: `#/channels/${CHANNEL}/messages/${name}` });

function ackSchema(result: string): JsonSchema {
  const rate = { $ref: '#/components/schemas/RateBudget' };
  return {
    oneOf: [
      {
        type: 'object',
        required: ['ok', 'data'],
        properties: { ok: { const: true }, data: { $ref: `#/components/schemas/${result}` }, rate },
      },
      {
        type: 'object',
        required: ['ok', 'error'],
        properties: { ok: { const: false }, error: { $ref: '#/components/schemas/ErrorObject' }, rate },
      },
    ],
  };
}

export function asyncApiDocument(version: string): JsonSchema {
  const messages: Record<string, JsonSchema> = {};
  const operations: Record<string, JsonSchema> = {};

  for (const [name, definition] of Object.entries(commands)) {
    const command: Command = definition;
    messages[key(name)] = { name, summary: command.summary, payload: inputSchema(command.input) };
    messages[`${key(name)}.ack`] = {
      name: `${name} (ack)`,
      summary: `Errors: ${[...COMMON_ERRORS, ...command.errors].join(', ')}`,
      payload: ackSchema(command.result),
    };
    operations[key(name)] = {
      action: 'receive',
      summary: command.summary,
      channel: { $ref: `#/channels/${CHANNEL}` },
      messages: [channelMessage(key(name))],
      reply: { channel: { $ref: `#/channels/${CHANNEL}` }, messages: [channelMessage(`${key(name)}.ack`)] },
    };
  }
  for (const [name, event] of Object.entries(events)) {
    messages[key(name)] = {
      name,
      summary: event.summary,
      payload: { $ref: `#/components/schemas/${event.payload}` },
    };
    operations[`${key(name)}.event`] = {
      action: 'send',
      summary: event.summary,
      channel: { $ref: `#/channels/${CHANNEL}` },
      messages: [channelMessage(key(name))],
    };
  }

  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Parley socket',
      version,
      description:
        `Socket.IO 4, namespace \`/\`, path \`${SOCKET_PATH}\`, WebSocket. Handshake \`auth\`: ` +
        `\`{ token, protocol: ${PROTOCOL_VERSION} }\`. Every command is acknowledged exactly once.`,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels: { [CHANNEL]: { address: '/', messages } },
    operations,
    components: {
      schemas: shapeSchemas([
        'ErrorObject',
        'RateBudget',
        'HandshakeAuth',
        ...Object.values(commands).map(({ result }) => result),
        ...Object.values(events).map(({ payload }) => payload),
      ]),
    },
  };
}
