import type { RealtimeServer } from './realtime-socket.js';
import type { ConnectionSources } from './connection-sources.js';
import type { IncomingMessage, ServerResponse } from 'node:http';

type Next = (error?: Error) => void;

/**
 * With long polling, the Engine.IO id in the address would be all that is needed to read and write as its owner.
 * So each polling request carries the access token in its Authorization header, and it must be of the session
 * that the connection belongs to. Connections stay on polling: `UpgradeGate` takes no upgrade that names one.
 */
export function guardPolling(server: RealtimeServer, sources: ConnectionSources): void {
  const sessions = new Map<string, string>();

  server.engine.on(
    'connection',
    (connection: { id: string; once: (event: 'close', run: () => void) => void }) => {
      connection.once('close', () => {
        sessions.delete(connection.id);
      });
    },
  );

  server.engine.use((request: IncomingMessage, response: ServerResponse, next: Next) => {
    const query = new URL(request.url ?? '', 'http://local').searchParams;
    if (query.get('transport') !== 'polling') {
      next();
      return;
    }
    verify(request, query.get('sid')).then(
      () => {
        next();
      },
      () => {
        response.writeHead(401, { Connection: 'close' }).end();
      },
    );
  });

  /** The first request with an id binds it to the session of its token; the first is the owner's, who alone was told it. */
  async function verify(request: IncomingMessage, sid: string | null): Promise<void> {
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw new Error('No token');
    const { sessionId } = await sources.authenticate(token);
    if (sid === null) return;
    const bound = sessions.get(sid) ?? sessionId;
    if (bound !== sessionId) throw new Error('Another session');
    sessions.set(sid, bound);
  }
}
