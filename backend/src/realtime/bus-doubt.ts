/** How often an instance says on the bus that it lives. */
export const PULSE_INTERVAL_MS = 500;
/** Four pulses in a row: a pause that a busy process makes is shorter, and G7 allows 5 s until pointers agree. */
const SILENT_MS = 2_000;
/** Another instance that is silent for this long has died: its sockets are elsewhere, and have synced. */
const GONE_MS = 60_000;
const FORGOTTEN_MS = 86_400_000;
/** Doubt lasts this long after the last sign of trouble: longer than any transaction may run (3 s). */
const SETTLED_MS = 10_000;

/** What an instance says: everything it published between two pulses that both arrive has arrived as well. */
export interface Pulse {
  readonly instanceId: string;
  /** 1, 2, 3 … without holes. */
  readonly number: number;
  /** How much it could not tell the others so far. */
  readonly lost: number;
  /** How much it did not tell so far, since it knew of nobody to tell. */
  readonly withheld: number;
}

interface Peer {
  number: number;
  lost: number;
  withheld: number;
  heardAt: number;
  isSilent: boolean;
}

/**
 * Whether what is published reaches this instance. Redis pub/sub keeps the order of each connection, so pulses
 * without a hole say that nothing between them was lost. This instance hears its own pulses too: they say that it
 * is connected. Times are the caller's, in milliseconds of a clock that is never set.
 */
export class BusDoubt {
  private readonly peers = new Map<string, Peer>();
  private from: number | null = null;
  private troubleAt = -Infinity;

  constructor(
    private readonly ownId: string,
    private readonly startedAt: number,
  ) {
    this.peers.set(ownId, { number: 0, lost: 0, withheld: 0, heardAt: startedAt, isSilent: false });
  }

  /** From when on something may not have arrived here; `null` while the bus is trusted. */
  get since(): number | null {
    return this.from;
  }

  /**
   * Whether no other instance is known to live: what is published now reaches nobody. False while anything is in doubt.
   * An instance that was thought dead sees by `withheld` that it was told less.
   */
  isAlone(now: number): boolean {
    const own = this.peers.get(this.ownId);
    if (this.from !== null || own === undefined || own.number === 0) return false;
    if (now - own.heardAt > SILENT_MS || now - this.startedAt < SETTLED_MS) return false;
    for (const [instanceId, peer] of this.peers)
      if (instanceId !== this.ownId && !this.isGone(instanceId, peer, now)) return false;
    return true;
  }

  heard({ instanceId, number, lost, withheld }: Pulse, now: number): void {
    const peer = this.peers.get(instanceId);
    if (!peer) {
      this.peers.set(instanceId, { number, lost, withheld, heardAt: now, isSilent: false });
      const startedAt = now - number * PULSE_INTERVAL_MS;
      // It began while this instance was listening already, and its beginning was not heard.
      if (number > 1 && startedAt > this.startedAt) this.doubt(startedAt, now);
      // It told nobody anything, as it knew of nobody, and may have heard of this instance a moment ago.
      // So it was with what it could not tell before its first pulse.
      else if (withheld > 0 || (number === 1 && lost > 0)) this.doubt(now - PULSE_INTERVAL_MS, now);
      return;
    }
    if (number <= peer.number) return;
    const toldLess = lost !== peer.lost || (withheld !== peer.withheld && instanceId !== this.ownId);
    if (number !== peer.number + 1 || toldLess || now - peer.heardAt > SILENT_MS)
      this.doubt(this.doubtedAlready(instanceId, peer, now) ? now : peer.heardAt, now);
    Object.assign(peer, { number, lost, withheld, heardAt: now, isSilent: false });
  }

  /** An instance said that it goes: its silence means nothing. What it said last may still be on its way. */
  left(instanceId: string, now: number): void {
    if (instanceId === this.ownId) return;
    this.peers.delete(instanceId);
    this.doubt(now, now);
  }

  /** The connection to the bus broke. */
  cut(now: number): void {
    this.doubt(this.peers.get(this.ownId)?.heardAt ?? now, now);
  }

  /** To be called every now and then: silence does not tell of itself. */
  look(now: number): void {
    for (const [instanceId, peer] of this.peers) {
      const silence = now - peer.heardAt;
      if (silence > FORGOTTEN_MS && instanceId !== this.ownId) this.peers.delete(instanceId);
      if (silence <= SILENT_MS || this.isGone(instanceId, peer, now)) continue;
      this.doubt(this.doubtedAlready(instanceId, peer, now) ? now : peer.heardAt, now);
      peer.isSilent = true;
    }
  }

  /**
   * Runs a check of everything since the time it is given, which it may have missed; does nothing while the bus is
   * trusted. A check that succeeds after the trouble has settled ends the doubt; one that fails leaves it.
   */
  async check(work: (since: number) => Promise<void>, clock: () => number): Promise<void> {
    const { from } = this;
    if (from === null) return;
    const startedAt = clock();
    this.from = startedAt - this.troubleAt > SETTLED_MS ? null : startedAt;
    try {
      await work(from);
    } catch (error) {
      this.doubt(from, clock());
      throw error;
    }
  }

  private doubt(from: number, now: number): void {
    this.from = Math.min(this.from ?? from, from);
    this.troubleAt = now;
  }

  /** Its silence has been doubted from its beginning, without a break: going back there would never end. */
  private doubtedAlready(instanceId: string, peer: Peer, now: number): boolean {
    return peer.isSilent && !this.isGone(instanceId, peer, now);
  }

  private isGone(instanceId: string, peer: Peer, now: number): boolean {
    return instanceId !== this.ownId && now - peer.heardAt > GONE_MS;
  }
}
