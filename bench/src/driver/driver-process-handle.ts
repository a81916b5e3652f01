import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AnswerMessage, OrderTable } from './order-messages.js';

interface Waiting {
  resolve: (answer: unknown) => void;
  reject: (error: Error) => void;
}

/** A driver process as seen from the one that gives the orders. */
export class DriverProcess<Orders extends OrderTable<Orders>> {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 0;

  /** `entry` is beside this file. */
  constructor(entry: 'driver-process' | 'crowd-process') {
    const path = fileURLToPath(new URL(`./${entry}.js`, import.meta.url));
    this.child = fork(path, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
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

  ask<K extends keyof Orders & string>(name: K, order: Orders[K]['order']): Promise<Orders[K]['answer']> {
    const id = this.nextId;
    this.nextId += 1;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.send({ id, name, order }, (error) => {
        if (error === null) return;
        this.waiting.delete(id);
        reject(error);
      });
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.disconnect();
    await gone;
  }
}
