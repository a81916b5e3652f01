import { spawn, type SendHandle } from 'node:child_process';
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';

/** Sends back what it is sent. It never listens: `net.Native`, which a bare handle becomes, is passed on as it is. */
const MIRROR = `process.on('message', (name, handle) => process.send(name, handle, () => handle.close()));
process.on('disconnect', () => process.exit());`;
const WITHIN_MS = 10_000;

/**
 * Makes a listening server accept up to `atOnce` connections in one turn of the event loop.
 *
 * libuv accepts one a turn for each handle that listens (libuv#3696). A turn of a busy instance takes 10 ms and more, so it
 * lets in 100 a second: when thousands come back, they wait in the kernel until they give up, and each is accepted in vain.
 * More handles on the same socket are more a turn. Node has no call that duplicates one; what is sent to another process and
 * back is a duplicate. Rejects where that process can not be had: then the server accepts as before.
 */
export async function acceptInBatches(server: HttpServer, atOnce: number, backlog: number): Promise<void> {
  const handles = await duplicates(Reflect.get(server, '_handle') as SendHandle, atOnce - 1);
  const listeners = handles.map((handle) => {
    const listener = createServer({ noDelay: true }, (socket) => {
      server.emit('connection', socket);
    });
    return listener.listen(handle, backlog);
  });
  closeTogether(server, listeners);
}

function duplicates(handle: SendHandle, count: number): Promise<SendHandle[]> {
  return new Promise((resolve, reject) => {
    const mirror = spawn(process.execPath, ['-e', MIRROR], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {},
    });
    const made: SendHandle[] = [];
    const timer = setTimeout(() => {
      mirror.kill('SIGKILL');
    }, WITHIN_MS);
    mirror.on('message', (_name, duplicate) => {
      made.push(duplicate);
      if (made.length < count) mirror.send('handle', handle);
      else mirror.disconnect();
    });
    mirror.once('error', reject);
    mirror.once('exit', () => {
      clearTimeout(timer);
      if (made.length === count) resolve(made);
      else
        reject(
          new Error(
            `A listening socket was duplicated ${String(made.length)} times instead of ${String(count)}`,
          ),
        );
    });
    mirror.send('handle', handle, (error) => {
      if (error) reject(error);
    });
  });
}

/** Who closes the server knows nothing of the others. */
function closeTogether(server: HttpServer, listeners: readonly Server[]): void {
  const close = server.close.bind(server);
  server.close = (callback) => {
    for (const listener of listeners) listener.close();
    return close(callback);
  };
}
