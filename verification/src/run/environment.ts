/** Longer than the faults of a short run last, shorter than the pauses of the stories. */
export const FULL_CHECK_AFTER_S = 8;

/** Limits are made for people; the checker is sixty of them behind one address. */
export const ENVIRONMENT = {
  RATE_LIMIT_SCALE: '1000',
  // Short enough that every device renews its token in the middle of faults.
  ACCESS_TOKEN_SECONDS: '60',
  // A story outlasts it: what an instance checks after a longer pause than any window is proven too.
  FULL_CHECK_AFTER_SECONDS: String(FULL_CHECK_AFTER_S),
};
