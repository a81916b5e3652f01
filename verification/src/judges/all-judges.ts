import { acknowledgedIsStored } from './acknowledged-is-stored.js';
import { convergence } from './convergence.js';
import { degradedModes } from './degraded-modes.js';
import { denseNumbers } from './dense-numbers.js';
import { jobsDone } from './jobs-done.js';
import type { Judge } from './judge.js';
import { liveDelivery } from './live-delivery.js';
import { noEmptyRun } from './no-empty-run.js';
import { noLeak } from './no-leak.js';
import { nodeLoss } from './node-loss.js';
import { observersAgree } from './observers-agree.js';
import { oneRowPerClientId } from './one-row-per-client-id.js';
import { processesLive } from './processes-live.js';
import { readPointers } from './read-pointers.js';
import { realTimeOrder } from './real-time-order.js';
import { refusedIsAbsent } from './refused-is-absent.js';
import { removalHolds } from './removal-holds.js';
import { senderOrder } from './sender-order.js';
import { sessionsEnd } from './sessions-end.js';
import { shownInOrder } from './shown-in-order.js';

/** In the order of the promises that they prove. */
export const ALL_JUDGES: readonly Judge[] = [
  acknowledgedIsStored,
  refusedIsAbsent,
  oneRowPerClientId,
  denseNumbers,
  observersAgree,
  realTimeOrder,
  senderOrder,
  shownInOrder,
  liveDelivery,
  convergence,
  readPointers,
  noLeak,
  removalHolds,
  sessionsEnd,
  jobsDone,
  degradedModes,
  nodeLoss,
  processesLive,
  noEmptyRun,
];
