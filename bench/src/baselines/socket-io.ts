// The chat that everybody writes first, as well tuned as Socket.IO gets: rooms, the Redis adapter, nothing stored or checked.
import type { ClientToServerEvents, ServerToClientEvents } from '@parley/protocol';
import { SOCKET_PATH } from '@parley/protocol';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import type { BaselineAuth } from './chat-frames.js';
import { answersTo, readyFor } from './chat-frames.js';

const [port, redisUrl = '', adapter = 'classic'] = process.argv.slice(2);
const publisher = new Redis(redisUrl);
const http = createServer();
const io = new Server<ClientToServerEvents, ServerToClientEvents>(http, {
  path: SOCKET_PATH,
  transports: ['websocket'],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  // As the product's, so that both answer as many pings.
  pingInterval: 10_000,
  pingTimeout: 10_000,
  adapter:
    adapter === 'sharded'
      ? createShardedAdapter(publisher, publisher.duplicate(), { subscriptionMode: 'dynamic' })
      : createAdapter(publisher, publisher.duplicate()),
});

io.on('connection', (socket) => {
  const { userId, rooms } = socket.handshake.auth as BaselineAuth;
  // Documented: the first request is not needed any more, and keeping it costs memory.
  Reflect.set(socket.conn, 'request', null);
  void socket.join([...rooms]);
  socket.on('message:send', (input, acknowledge) => {
    const { changes, ack } = answersTo(userId, input);
    io.to(input.conversationId).emit('changes', changes);
    acknowledge(ack);
  });
  socket.emit('ready', readyFor(userId));
});

http.listen(Number(port), '127.0.0.1', 4_096, () => process.send?.('ready'));
process.on('disconnect', () => process.exit(0));
