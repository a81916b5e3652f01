/** Tells that this person types, at most once in an interval for each conversation. */
export class TypingSignals {
  private readonly toldAt = new Map<string, number>();

  constructor(
    private readonly tell: (command: 'typing:start' | 'typing:stop', conversationId: string) => void,
  ) {}

  start(conversationId: string, intervalMs: number): void {
    const now = performance.now();
    if (now - (this.toldAt.get(conversationId) ?? -Infinity) < intervalMs) return;
    this.toldAt.set(conversationId, now);
    this.tell('typing:start', conversationId);
  }

  stop(conversationId: string): void {
    if (this.toldAt.delete(conversationId)) this.tell('typing:stop', conversationId);
  }

  /** A message ends the typing by itself, also for those who watch. */
  sent(conversationId: string): void {
    this.toldAt.delete(conversationId);
  }

  clear(): void {
    this.toldAt.clear();
  }
}
