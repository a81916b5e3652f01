/** Until it is measured: what an instance does that has half a core to itself. */
const ASSUMED_MS_EACH = 20;
/** One late turn (a collection, a slow disk) says little; after some twenty the measure has followed. */
const WEIGHT = 0.05;
/** Bounds of what is believed: outside of them it is the machine that stood still, or a burst of cheap ones. */
const MS_EACH_MIN = 1;
const MS_EACH_MAX = 100;
/** Sooner is not worth a try, later than this nobody is told: what is believed of the far future is too weak for that. */
const RETURN_MIN_MS = 2_000;
const RETURN_MAX_MS = 60_000;

/**
 * When those who can not be let in now are to come back. Each is given a moment of its own, as far from the one before as
 * letting somebody in takes: so a crowd comes back as it can be served, and nobody tries in vain. Times are milliseconds of
 * one clock that never goes back.
 */
export class ReturnTimes {
  private msEach = ASSUMED_MS_EACH;
  private lastBegun: number | null = null;
  private lastGiven = 0;

  /** Somebody's turn has come at `now`. `othersWait`: the next is begun as soon as can be. */
  begun(now: number, othersWait: boolean): void {
    if (this.lastBegun !== null) {
      const taken = Math.min(MS_EACH_MAX, Math.max(MS_EACH_MIN, now - this.lastBegun));
      this.msEach += WEIGHT * (taken - this.msEach);
    }
    // Time in which nobody waited says nothing of how long a turn takes.
    this.lastBegun = othersWait ? now : null;
  }

  /** How long who comes now will wait behind so many. */
  waitBehind(waiting: number): number {
    return waiting * this.msEach;
  }

  /** How long from `now` somebody is to stay away, where the queue is as long as may be. */
  next(now: number, waiting: number): number {
    const soonest = now + Math.max(RETURN_MIN_MS, this.waitBehind(waiting));
    this.lastGiven = Math.max(soonest, this.lastGiven + this.msEach);
    if (this.lastGiven > now + RETURN_MAX_MS) this.lastGiven = soonest;
    return Math.round(this.lastGiven - now);
  }
}
