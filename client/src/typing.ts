/** Who is typing in one conversation: the list replaces the one held, and fades by itself when nobody repeats it. */
export class TypingList {
  private until = new Map<string, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly changed: (userIds: readonly string[]) => void) {}

  replace(userIds: readonly string[], lifetimeMs: number): void {
    const end = Date.now() + lifetimeMs;
    this.until = new Map(userIds.map((id) => [id, end]));
    this.publish();
  }

  /** A message ends its author's typing. */
  remove(userId: string): void {
    if (this.until.delete(userId)) this.publish();
  }

  private publish(): void {
    clearTimeout(this.timer);
    const now = Date.now();
    for (const [id, end] of this.until) if (end <= now) this.until.delete(id);
    this.changed([...this.until.keys()]);
    const next = Math.min(...this.until.values());
    if (Number.isFinite(next)) {
      this.timer = setTimeout(() => {
        this.publish();
      }, next - now);
    }
  }
}
