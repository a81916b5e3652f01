import type { Ack } from '@parley/protocol';
import { COMMAND_TIMEOUT_MS } from '@parley/protocol/names';
import { noAnswer } from './parley-error.js';

/** Commands that wait for their answer. Each ends once: by its answer, by the clock, or by the end of the connection. */
export class PendingCommands {
  private readonly cuts = new Set<() => void>();

  /** `emit` sends the command. Rejects with a retryable error where no answer comes: the outcome is unknown then. */
  run<T>(emit: (answer: (ack: Ack<T>) => void) => void): Promise<Ack<T>> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.cuts.delete(cut);
      };
      const cut = () => {
        end();
        reject(noAnswer('The connection was lost before the answer.'));
      };
      const timer = setTimeout(() => {
        end();
        reject(noAnswer('The server did not answer in time.'));
      }, COMMAND_TIMEOUT_MS);
      this.cuts.add(cut);
      emit((ack) => {
        end();
        resolve(ack);
      });
    });
  }

  /** The connection is gone, and with it every answer that was to come over it. */
  cut(): void {
    for (const cut of [...this.cuts]) cut();
  }
}
