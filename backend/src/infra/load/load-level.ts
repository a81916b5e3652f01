/** 0: all is well. 1: what is worth nothing later is left out. 2: nobody new is taken in. */
export type LoadLevel = 0 | 1 | 2;

/**
 * Milliseconds by which the event loop is late in half of a window's measurements. From 100 ms on a usual delivery
 * takes longer than we promise, and presence and typing are only in the way. From 400 ms on a newcomer's handshake, the
 * dearest thing that anybody can ask for, would be paid by those who are connected.
 */
const LATE_MS = { 1: 100, 2: 400 } as const;
/** One window may be a large answer or a neighbour on the machine; two are load. */
const WINDOWS_TO_RISE = 2;
/** A level is left when it was below half of its threshold for this long: what was shed comes back with its load. */
const WINDOWS_TO_FALL = 5;

/** Makes a level of the lateness in each window, so that it does not flicker. */
export class LoadLevels {
  private current: LoadLevel = 0;
  private readonly risen = { 1: 0, 2: 0 };
  private fallen = 0;

  get level(): LoadLevel {
    return this.current;
  }

  observe(lateMs: number): void {
    for (const level of [1, 2] as const) {
      this.risen[level] = lateMs > LATE_MS[level] ? this.risen[level] + 1 : 0;
      if (this.risen[level] >= WINDOWS_TO_RISE && this.current < level) this.current = level;
    }
    if (this.current === 0) return;
    this.fallen = lateMs < LATE_MS[this.current] / 2 ? this.fallen + 1 : 0;
    if (this.fallen < WINDOWS_TO_FALL) return;
    this.fallen = 0;
    this.current = this.current === 2 ? 1 : 0;
  }
}
