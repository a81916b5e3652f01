/** How large each measurement is: the only place. What a figure is worth depends on these, so they stand in the report. */

/** People in rooms, and messages that are sent to them on a schedule. */
export interface FanOutSizes {
  users: number;
  roomsPerUser: number;
  membersPerRoom: number;
  messagesPerSecond: number;
  /** Characters, all ASCII. */
  textLength: number;
  /** Longer than the first sweep of a new instance takes to come round (5 s), which repeats what it may have missed. */
  warmUpMs: number;
  measureMs: number;
}

export interface MemorySizes {
  /** Connected users at which memory is read; the slope over them is what one user costs. */
  steps: number[];
  roomsPerUser: number;
  membersPerRoom: number;
  settleMs: number;
}

/** Beyond these a run says nothing, and is run again. */
export interface HealthLimits {
  /** How late the generator may send, 99th percentile. */
  senderLagMs: number;
  /** Shares of all processor time, 0 to 1. */
  steal: number;
  /** What programs took that are none of ours. */
  foreign: number;
}

export interface Sizes {
  rounds: number;
  /** A round that was void is run again so often. */
  attempts: number;
  receiverProcesses: number;
  /** Handshakes under way at once in each driver process. */
  handshakesAtOnce: number;
  spread: FanOutSizes;
  hot: FanOutSizes;
  memory: MemorySizes;
  health: HealthLimits;
}

export const FULL: Sizes = {
  rounds: 5,
  attempts: 3,
  receiverProcesses: 2,
  handshakesAtOnce: 50,
  spread: {
    users: 1_000,
    roomsPerUser: 10,
    membersPerRoom: 200,
    messagesPerSecond: 100,
    textLength: 100,
    warmUpMs: 10_000,
    measureMs: 15_000,
  },
  hot: {
    users: 200,
    roomsPerUser: 10,
    membersPerRoom: 200,
    messagesPerSecond: 500,
    textLength: 100,
    warmUpMs: 10_000,
    measureMs: 15_000,
  },
  memory: {
    steps: [0, 1_000, 2_000, 3_000, 4_000, 5_000],
    roomsPerUser: 10,
    membersPerRoom: 50,
    settleMs: 3_000,
  },
  health: { senderLagMs: 20, steal: 0.02, foreign: 0.05 },
};

/** A trial: does it run, and is the order of magnitude right? Nothing to publish. */
export const QUICK: Sizes = {
  rounds: 2,
  attempts: 1,
  receiverProcesses: 1,
  handshakesAtOnce: 30,
  spread: { ...FULL.spread, users: 400, membersPerRoom: 100, warmUpMs: 6_000, measureMs: 4_000 },
  hot: {
    ...FULL.hot,
    users: 100,
    membersPerRoom: 100,
    messagesPerSecond: 300,
    warmUpMs: 6_000,
    measureMs: 4_000,
  },
  memory: { ...FULL.memory, steps: [0, 500, 1_000, 1_500], settleMs: 1_500 },
  // Others may be at work on the machine: their share is told, and voids nothing.
  health: { senderLagMs: 200, steal: 0.2, foreign: 1 },
};
