/** Seconds; from a cache hit to the deadline of a command. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Seconds; of a dependency that is asked all the time. Fewer, since there is a series a statement: up to its deadline of 2 s. */
export const DEPENDENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2];
