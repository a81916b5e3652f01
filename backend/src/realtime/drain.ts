import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Instance } from '../infra/instance.js';
import { Logger } from '../infra/logger/logger.js';
import { Dispatcher } from './dispatcher.js';
import { LocalSockets } from './local-sockets.js';
import { Publisher } from './publisher.js';

/** 50 a second come to the others, which have people of their own to serve: a handshake and its sync are a dozen queries. */
const RECONNECT_SPREAD_MS_EACH = 20;
/** Longer than a frame travels, also for the only socket. */
const RECONNECT_SPREAD_MS_MIN = 100;
/** From 500 sockets on. 10,000 leave 1,000 a second, so that all phases end in time. */
const RECONNECT_SPREAD_MS_MAX = 10_000;
/** Who drew a late moment still needs to close. */
const LEAVE_SLACK_MS = 500;
/** What commits takes 3 s at most in PostgreSQL. */
const FINISH_MS = 4_000;
/** An orchestrator kills after 20 s, and pools are still to be closed. */
const ALTOGETHER_MS = 18_000;
const WAVES = 20;
const WAVE_MS = 100;
/** A close is a handshake with the client. */
const CLOSE_MS = 1_000;
const POLL_MS = 20;

/**
 * How an instance leaves: not ready and 503 for new connections, `draining` to its sockets, no new commands, those
 * under way finish, then the sockets that are still here are closed in waves. Pools are closed by their owners after.
 */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  constructor(
    private readonly instance: Instance,
    private readonly sockets: LocalSockets,
    private readonly dispatcher: Dispatcher,
    private readonly publisher: Publisher,
    private readonly logger: Logger,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.instance.startDraining();
    const latest = Date.now() + ALTOGETHER_MS;
    const count = this.sockets.count();
    const reconnectAfterMs = reconnectSpread(count);
    this.logger.info('Leaving', { sockets: count, reconnectAfterMs });
    this.sockets.tellAll('draining', { reconnectAfterMs });
    if (count > 0) await until(() => this.sockets.count() === 0, reconnectAfterMs + LEAVE_SLACK_MS);
    this.dispatcher.startDraining();
    await until(() => this.dispatcher.inFlight === 0, FINISH_MS);
    this.publisher.flush();
    await this.closeInWaves(latest - Date.now());
  }

  /** Closing the transport, not the namespace: then every client reconnects by itself, to another instance. */
  private async closeInWaves(withinMs: number): Promise<void> {
    const sockets = this.sockets.all();
    const size = Math.ceil(sockets.length / WAVES);
    for (let start = 0; start < sockets.length; start += size) {
      for (const socket of sockets.slice(start, start + size)) socket.conn.close();
      await pause(sockets.length > WAVES ? Math.min(WAVE_MS, withinMs / WAVES) : 0);
    }
    await until(() => this.sockets.count() === 0, CLOSE_MS);
  }
}

/** Within so many milliseconds the clients come back to the other instances, each at a random moment. */
export function reconnectSpread(sockets: number): number {
  return Math.min(
    RECONNECT_SPREAD_MS_MAX,
    Math.max(RECONNECT_SPREAD_MS_MIN, sockets * RECONNECT_SPREAD_MS_EACH),
  );
}

async function until(condition: () => boolean, milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!condition() && Date.now() < end) await pause(POLL_MS);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
