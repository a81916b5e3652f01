// The floor in Node: `ws` without anything above it. The frame is made once for the room, head and all, and written to each
// socket as it is. It speaks just enough of Socket.IO's text for the same driver to talk to it.
import type { ChangesEvent, CommandInput } from '@parley/protocol';
import { SOCKET_PATH } from '@parley/protocol';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { BaselineAuth } from './chat-frames.js';
import { answersTo, readyFor } from './chat-frames.js';

const [port] = process.argv.slice(2);
const http = createServer();
const server = new WebSocketServer({
  server: http,
  path: `${SOCKET_PATH}/`,
  perMessageDeflate: false,
  skipUTF8Validation: true,
});
const rooms = new Map<string, Set<Duplex>>();

const OPEN = JSON.stringify({
  sid: 'x',
  upgrades: [],
  pingInterval: 10_000,
  pingTimeout: 10_000,
  maxPayload: 65_536,
});
const TEXT_FRAME = 0x81;

/** RFC 6455: final, text, not masked. The frames of this bench are between 126 and 65,535 bytes long. */
function preparedFrame(event: string, payload: ChangesEvent): Buffer {
  const body = Buffer.from(`42${JSON.stringify([event, payload])}`);
  return Buffer.concat([Buffer.from([TEXT_FRAME, 126, body.length >> 8, body.length & 0xff]), body]);
}

function command(text: string): { id: string; input: CommandInput<'message:send'> } {
  const start = text.indexOf('[');
  const [, input] = JSON.parse(text.slice(start)) as [string, CommandInput<'message:send'>];
  return { id: text.slice(2, start), input };
}

server.on('connection', (socket, request) => {
  let userId = '';
  const own: Set<Duplex>[] = [];
  socket.send(`0${OPEN}`);
  socket.on('message', (data: Buffer) => {
    const text = data.toString('utf8');
    if (text.startsWith('40')) {
      const auth = JSON.parse(text.slice(2)) as BaselineAuth;
      userId = auth.userId;
      for (const name of auth.rooms) {
        const room = rooms.get(name) ?? new Set();
        rooms.set(name, room.add(request.socket));
        own.push(room);
      }
      socket.send('40{"sid":"x"}');
      socket.send(`42${JSON.stringify(['ready', readyFor(userId)])}`);
    } else if (text.startsWith('42')) {
      const { id, input } = command(text);
      const { changes, ack } = answersTo(userId, input);
      const frame = preparedFrame('changes', changes);
      for (const member of rooms.get(input.conversationId) ?? []) member.write(frame);
      socket.send(`43${id}${JSON.stringify([ack])}`);
    }
  });
  socket.on('close', () => {
    for (const room of own) room.delete(request.socket);
  });
  socket.on('error', () => undefined);
});

http.listen(Number(port), '127.0.0.1', 4_096, () => process.send?.('ready'));
process.on('disconnect', () => process.exit(0));
