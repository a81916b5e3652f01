import { sleep } from '../driver/outcome.js';
import type { FaultStart } from '../recording/entries.js';
import type { Recorder } from '../recording/recorder.js';

export interface Fault {
  name: string;
  target: string;
  affects: FaultStart['affects'];
  process: string | null;
  blocking: boolean;
  holdMs: number;
  /** Returns what proves that it bit; throws where it did not. */
  inject: () => Promise<string>;
  heal: () => Promise<void>;
}

/** How often somebody sends while a fault is made, in ms: the shortest, a restart, takes some hundred of them. */
const SEND_EVERY_MS = 50;

/**
 * One fault from start to heal, written down with its proof. A fault that does not bite is healed all the same. While it is
 * made `send` is called over and over, as people who act by chance can let the shortest fault pass without a send in flight.
 */
export async function commit(fault: Fault, recorder: Recorder, send: () => void): Promise<void> {
  const number = recorder.fault();
  const { name, target, affects, process, blocking } = fault;
  recorder.write({ k: 'fault-start', fault: number, name, target, affects, process, blocking });
  const before = recorder.inFlight;
  const sending = setInterval(send, SEND_EVERY_MS);
  try {
    const proof = await fault.inject().finally(() => {
      clearInterval(sending);
    });
    recorder.write({ k: 'fault-bit', fault: number, proof, inFlight: Math.max(before, recorder.inFlight) });
    await sleep(fault.holdMs);
  } catch (error) {
    recorder.write({
      k: 'fault-missed',
      fault: number,
      why: error instanceof Error ? error.message : String(error),
    });
  }
  await fault.heal();
  recorder.write({ k: 'fault-heal', fault: number });
}
