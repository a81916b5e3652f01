/** How large each measurement is: the only place. What a figure is worth depends on these, so they stand in the report. */

/** People in rooms, and messages that are sent to them on a schedule. */
export interface FanOutSizes {
  users: number;
  roomsPerUser: number;
  membersPerRoom: number;
  messagesPerSecond: number;
  /** Characters, all ASCII. */
  textLength: number;
  /**
   * Longer than an instance takes to find that it is alone (10 s), from when on a send is not published, and than the first sweep of a
   * new one (5 s), which repeats what it may have missed: neither is to fall into what is measured.
   */
  warmUpMs: number;
  /** As quick or quicker than what is measured, so that V8 has compiled what thousands of sends run. */
  warmUpPerSecond: number;
  measureMs: number;
}

export interface MemorySizes {
  /** Connected users at which memory is read; the slope over them is what one user costs. */
  steps: number[];
  roomsPerUser: number;
  membersPerRoom: number;
  settleMs: number;
}

export interface WriterSizes {
  users: number;
  roomsPerUser: number;
  membersPerRoom: number;
  /** Characters of a text, as in the trial that set the goals. */
  textLength: number;
  /** Connections of pgbench: where it is quickest on two cores. */
  pgbenchClients: number;
  /** People who wait for an answer at once: three groups under way, each full. */
  waitingSenders: number;
  warmUpMs: number;
  measureMs: number;
}

export interface SaturationSizes {
  users: number;
  roomsPerUser: number;
  membersPerRoom: number;
  textLength: number;
  firstRate: number;
  /** Each step offers so much more than the one before. */
  factor: number;
  steps: number;
  warmUpMs: number;
  stepMs: number;
  /** How long half of the saturation is held. */
  measureMs: number;
}

/** People as they are: what each does, in ms between two of a kind. */
export interface CrowdSizes {
  users: number;
  roomsPerUser: number;
  membersPerRoom: number;
  textLength: number;
  driverProcesses: number;
  watchedEach: number;
  sendEveryMs: number;
  readEveryMs: number;
  presenceEveryMs: number;
  warmUpMs: number;
  heldMs: number;
}

export interface StormSizes extends CrowdSizes {
  /** On a second instance. */
  others: number;
  othersSendEveryMs: number;
}

export interface BusSizes {
  instances: number[];
  users: number;
  membersPerRoom: number;
  messagesPerSecond: number;
  textLength: number;
  warmUpMs: number;
  measureMs: number;
}

export interface HistorySizes {
  small: number;
  large: number;
  rooms: number;
  rounds: number;
  /** Pages read in each round, of each database. */
  pages: number;
}

export interface GrowthSizes {
  messagesPerSecond: number;
  textLength: number;
  warmUpMs: number;
  measureMs: number;
  rooms: number[];
  members: number[];
  roomsPerUser: number[];
  stored: number[];
}

/** Beyond these a run says nothing, and is run again. */
export interface HealthLimits {
  /** How late the generator may send, 99th percentile. */
  senderLagMs: number;
  /** How late a process that receives may come round, 99th percentile. */
  receiverLagMs: number;
  /** Of one core, the busiest driver process. */
  driverCpu: number;
  /** Shares of all processor time, 0 to 1. */
  steal: number;
  /** What programs took that are none of ours. */
  foreign: number;
}

export interface Sizes {
  rounds: number;
  /** So many void rounds are made up for. */
  spareRounds: number;
  receiverProcesses: number;
  /** Handshakes under way at once in each driver process. */
  handshakesAtOnce: number;
  spread: FanOutSizes;
  hot: FanOutSizes;
  memory: MemorySizes;
  writer: WriterSizes;
  saturation: SaturationSizes;
  crowd: CrowdSizes;
  storm: StormSizes;
  bus: BusSizes;
  history: HistorySizes;
  growth: GrowthSizes;
  /** Of runs whose figure is CPU time: it is the same however late a receiver reads. */
  health: HealthLimits;
  /** Of runs whose figure is a time. What a driver is late by only ever adds to it. */
  latencyHealth: HealthLimits;
}

export const FULL: Sizes = {
  rounds: 5,
  spareRounds: 1,
  receiverProcesses: 2,
  handshakesAtOnce: 50,
  spread: {
    users: 1_000,
    roomsPerUser: 10,
    membersPerRoom: 200,
    messagesPerSecond: 100,
    textLength: 100,
    warmUpMs: 20_000,
    warmUpPerSecond: 200,
    measureMs: 7_000,
  },
  hot: {
    users: 200,
    roomsPerUser: 10,
    membersPerRoom: 200,
    messagesPerSecond: 500,
    textLength: 100,
    warmUpMs: 12_000,
    warmUpPerSecond: 500,
    measureMs: 5_000,
  },
  memory: {
    steps: [0, 1_500, 3_000],
    roomsPerUser: 10,
    membersPerRoom: 50,
    settleMs: 2_000,
  },
  writer: {
    users: 2_000,
    roomsPerUser: 10,
    membersPerRoom: 20,
    textLength: 80,
    pgbenchClients: 16,
    waitingSenders: 192,
    warmUpMs: 4_000,
    measureMs: 2_000,
  },
  saturation: {
    users: 1_000,
    roomsPerUser: 10,
    membersPerRoom: 10,
    textLength: 100,
    firstRate: 500,
    factor: 1.2,
    steps: 14,
    warmUpMs: 7_000,
    stepMs: 5_000,
    measureMs: 20_000,
  },
  crowd: {
    users: 10_000,
    roomsPerUser: 10,
    membersPerRoom: 10,
    textLength: 100,
    driverProcesses: 2,
    watchedEach: 20,
    sendEveryMs: 45_000,
    readEveryMs: 45_000,
    presenceEveryMs: 300_000,
    warmUpMs: 10_000,
    heldMs: 600_000,
  },
  storm: {
    users: 10_000,
    others: 500,
    othersSendEveryMs: 5_000,
    roomsPerUser: 10,
    membersPerRoom: 10,
    textLength: 100,
    driverProcesses: 2,
    watchedEach: 20,
    sendEveryMs: 45_000,
    readEveryMs: 45_000,
    presenceEveryMs: 300_000,
    warmUpMs: 10_000,
    heldMs: 60_000,
  },
  bus: {
    instances: [1, 2, 4, 8],
    users: 320,
    membersPerRoom: 10,
    messagesPerSecond: 100,
    textLength: 100,
    warmUpMs: 5_500,
    measureMs: 4_000,
  },
  history: { small: 1_000_000, large: 10_000_000, rooms: 1_000, rounds: 5, pages: 500 },
  growth: {
    messagesPerSecond: 150,
    textLength: 100,
    warmUpMs: 5_500,
    measureMs: 5_000,
    rooms: [10, 300],
    members: [10, 50, 250],
    roomsPerUser: [1, 50],
    stored: [0, 1_000_000],
  },
  health: { senderLagMs: 20, receiverLagMs: 250, driverCpu: 0.9, steal: 0.02, foreign: 0.05 },
  latencyHealth: { senderLagMs: 50, receiverLagMs: 50, driverCpu: 0.8, steal: 0.02, foreign: 0.05 },
};

/** Others may be at work on the machine: their share is told, and voids nothing. */
const LENIENT: HealthLimits = {
  senderLagMs: 500,
  receiverLagMs: 1_000,
  driverCpu: 1,
  steal: 0.5,
  foreign: 1,
};

/** A trial: does it run, and is the order of magnitude right? Nothing to publish. */
export const QUICK: Sizes = {
  rounds: 2,
  spareRounds: 0,
  receiverProcesses: 1,
  handshakesAtOnce: 30,
  spread: { ...FULL.spread, users: 400, membersPerRoom: 100, warmUpMs: 6_000, measureMs: 4_000 },
  hot: {
    ...FULL.hot,
    users: 100,
    membersPerRoom: 100,
    messagesPerSecond: 300,
    warmUpMs: 6_000,
    warmUpPerSecond: 300,
    measureMs: 4_000,
  },
  memory: { ...FULL.memory, steps: [0, 500, 1_000, 1_500], settleMs: 1_500 },
  writer: { ...FULL.writer, users: 400, warmUpMs: 500, measureMs: 1_000 },
  saturation: {
    ...FULL.saturation,
    users: 200,
    firstRate: 200,
    factor: 2,
    steps: 3,
    stepMs: 2_000,
    measureMs: 4_000,
  },
  crowd: { ...FULL.crowd, users: 500, sendEveryMs: 10_000, warmUpMs: 2_000, heldMs: 8_000 },
  storm: { ...FULL.storm, users: 400, others: 100, sendEveryMs: 10_000, warmUpMs: 2_000, heldMs: 40_000 },
  bus: { ...FULL.bus, instances: [1, 2], warmUpMs: 6_000, measureMs: 2_000 },
  history: { small: 20_000, large: 100_000, rooms: 100, rounds: 2, pages: 100 },
  growth: {
    ...FULL.growth,
    measureMs: 2_000,
    rooms: [10, 50],
    members: [10, 50],
    roomsPerUser: [1, 10],
    stored: [0, 10_000],
  },
  health: LENIENT,
  latencyHealth: LENIENT,
};
