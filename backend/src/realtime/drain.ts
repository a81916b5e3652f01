import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Instance } from '../infra/instance.js';
import { Logger } from '../infra/logger/logger.js';
import { Dispatcher } from './dispatcher.js';
import { LocalSockets } from './local-sockets.js';
import { Publisher } from './publisher.js';
import { UpgradeGate } from './upgrade-gate.js';

/** Clients told to leave come back to the other instances spread over this time. */
const RECONNECT_SPREAD_MS = 5_000;
/** The whole of draining stays well below the 20 s after which an orchestrator kills. */
const LEAVE_MS = 6_000;
const FINISH_MS = 5_000;
const WAVES = 20;
const POLL_MS = 20;

/**
 * How an instance leaves: not ready and 503 for new connections, `draining` to its sockets, no new commands, those
 * under way finish, then the sockets that are still here are closed in waves. Pools are closed by their owners after.
 */
@Injectable()
export class Drain implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly config: Config,
    private readonly instance: Instance,
    private readonly gate: UpgradeGate,
    private readonly sockets: LocalSockets,
    private readonly dispatcher: Dispatcher,
    private readonly publisher: Publisher,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.gate.setRefusal(() => {
      if (this.instance.isDraining) return 'draining';
      return this.sockets.count() >= this.config.socket.perInstance ? 'full' : null;
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.instance.startDraining();
    const count = this.sockets.count();
    this.logger.info('Leaving', { sockets: count });
    for (const socket of this.sockets.all())
      socket.emit('draining', { reconnectAfterMs: RECONNECT_SPREAD_MS });
    await this.until(() => this.sockets.count() === 0, Math.min(LEAVE_MS, count * 100));
    this.dispatcher.startDraining();
    await this.until(() => this.dispatcher.inFlight === 0, FINISH_MS);
    this.publisher.flush();
    await this.closeInWaves();
  }

  /** Closing the transport, not the namespace: then every client reconnects by itself, to another instance. */
  private async closeInWaves(): Promise<void> {
    const sockets = this.sockets.all();
    const size = Math.ceil(sockets.length / WAVES);
    for (let start = 0; start < sockets.length; start += size) {
      for (const socket of sockets.slice(start, start + size)) {
        socket.data.closing = 'draining';
        socket.conn.close();
      }
      await pause(sockets.length > WAVES ? 100 : 0);
    }
    await this.until(() => this.sockets.count() === 0, 1_000);
  }

  private async until(condition: () => boolean, milliseconds: number): Promise<void> {
    const end = Date.now() + milliseconds;
    while (!condition() && Date.now() < end) await pause(POLL_MS);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
