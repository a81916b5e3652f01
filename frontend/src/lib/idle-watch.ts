/** Long enough to read a long message, short enough that "online" means somebody who answers. */
const IDLE_AFTER_MS = 5 * 60_000;

/**
 * Tells when somebody has left the device, and when they are back. A page that is hidden gets no input, so being
 * hidden for that long is being away too.
 */
export class IdleWatch {
  private activeAt = 0;
  private isAway = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly tell: (status: 'online' | 'away') => void) {}

  /** There was input, or the page became visible. Cheap enough for every move of a pointer. */
  active(): void {
    this.activeAt = Date.now();
    if (this.isAway) this.tell('online');
    this.isAway = false;
    this.timer ??= this.lookIn(IDLE_AFTER_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isAway) this.tell('online');
    this.isAway = false;
  }

  private lookIn(milliseconds: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.look();
    }, milliseconds);
  }

  private look(): void {
    const remaining = this.activeAt + IDLE_AFTER_MS - Date.now();
    this.timer = remaining > 0 ? this.lookIn(remaining) : undefined;
    if (remaining > 0) return;
    this.isAway = true;
    this.tell('away');
  }
}
