/** So much may be taken at once, and as much again in each period, evenly. */
export class TokenBucket {
  private filledAt = performance.now();
  private left: number;

  constructor(
    private readonly amount: number,
    private readonly periodMs: number,
  ) {
    this.left = amount;
  }

  take(tokens: number): boolean {
    const now = performance.now();
    const refilled = ((now - this.filledAt) / this.periodMs) * this.amount;
    this.filledAt = now;
    this.left = Math.min(this.amount, this.left + refilled) - tokens;
    return this.left >= 0;
  }
}
