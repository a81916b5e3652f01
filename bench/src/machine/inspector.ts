import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';

const OPENS_WITHIN_MS = 5_000;

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Node's own DevTools: they open in a running process at SIGUSR1, on the port it was started with. */
export class Inspector {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private nextId = 1;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString('utf8')) as Answer;
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    });
  }

  static async open(pid: number, port: number): Promise<Inspector> {
    process.kill(pid, 'SIGUSR1');
    const socket = new WebSocket(await debuggerUrl(port), { maxPayload: 0 });
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    return new Inspector(socket);
  }

  async call(method: string, parameters: object = {}): Promise<unknown> {
    const id = this.nextId;
    this.nextId += 1;
    const answer = await new Promise<Answer>((resolve) => {
      this.waiting.set(id, resolve);
      this.socket.send(JSON.stringify({ id, method, params: parameters }));
    });
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  close(): void {
    this.socket.close();
  }
}

async function debuggerUrl(port: number): Promise<string> {
  const deadline = performance.now() + OPENS_WITHIN_MS;
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`);
      const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
      if (target) return target.webSocketDebuggerUrl;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await pause(50);
  }
}
