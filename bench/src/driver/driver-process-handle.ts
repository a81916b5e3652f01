import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AnswerMessage, OrderMessage, OrderName, Orders } from './orders.js';

const ENTRY = fileURLToPath(new URL('./driver-process.js', import.meta.url));

interface Waiting {
  resolve: (answer: unknown) => void;
  reject: (error: Error) => void;
}

/** A driver process as seen from the one that gives the orders. */
export class DriverProcess {
  private readonly child: ChildProcess = fork(ENTRY, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 0;

  constructor() {
    this.child.on('message', (message: AnswerMessage) => {
      const waiting = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if ('error' in message) waiting?.reject(new Error(message.error));
      else waiting?.resolve(message.answer);
    });
    this.child.on('exit', (code) => {
      for (const { reject } of this.waiting.values())
        reject(new Error(`A driver process ended with ${String(code)}`));
      this.waiting.clear();
    });
  }

  ask<K extends OrderName>(name: K, order: Orders[K]['order']): Promise<Orders[K]['answer']> {
    const id = this.nextId;
    this.nextId += 1;
    const message: OrderMessage<K> = { id, name, order };
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: (answer) => resolve(answer as Orders[K]['answer']), reject });
      this.child.send(message);
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.disconnect();
    await gone;
  }
}
