import type { Auth } from '../driver/raw-socket.js';

/** A server that is measured: Parley, or what it is compared with. All speak the same frames. */
export interface Subject {
  readonly name: 'Parley' | 'Socket.IO' | 'Socket.IO sharded' | 'ws';
  /** In a process that is new each time: what one run left behind must not serve the next. */
  start(): Promise<RunningSubject>;
}

export interface RunningSubject {
  readonly url: string;
  readonly pid: number;
  /** Where its DevTools listen. */
  readonly inspectorPort: number;
  authOf(user: number): Auth;
  stop(): Promise<void>;
}
