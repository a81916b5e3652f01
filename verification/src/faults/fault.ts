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

/** One fault from start to heal, written down with its proof. A fault that does not bite is healed all the same. */
export async function commit(fault: Fault, recorder: Recorder): Promise<void> {
  const number = recorder.fault();
  const { name, target, affects, process, blocking } = fault;
  recorder.write({ k: 'fault-start', fault: number, name, target, affects, process, blocking });
  const before = recorder.inFlight;
  try {
    const proof = await fault.inject();
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
