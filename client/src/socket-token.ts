import type { Account } from './account.js';

/** What failed is tried again after this, some times before the token ends. */
const AGAIN_MS = 5_000;

/** Keeps one socket signed in: it ends when its token does, so it is given a newer one before, without a break. */
export class SocketToken {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isStopped = false;

  /**
   * @param told The token that the socket was opened with.
   * @param tell Gives the socket another one; rejects where it did not take it.
   */
  constructor(
    private readonly account: Pick<Account, 'token' | 'renew'>,
    private told: string,
    private readonly tell: (token: string) => Promise<unknown>,
  ) {}

  start(): void {
    void this.keep();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private async keep(): Promise<void> {
    let waitMs = AGAIN_MS;
    try {
      const { token, renewAt } = await this.dueToken();
      // A request may have renewed it meanwhile: the socket is told of that one too.
      if (token !== this.told && !this.isStopped) {
        await this.tell(token);
        this.told = token;
      }
      waitMs = Math.max(0, renewAt - performance.now());
    } catch {
      // Not reached just now; the next connection brings a new token where the socket ends before.
    }
    if (!this.isStopped) this.timer = setTimeout(() => void this.keep(), waitMs);
  }

  private async dueToken(): ReturnType<Account['token']> {
    const lease = await this.account.token();
    return lease.token === this.told && performance.now() >= lease.renewAt ? this.account.renew() : lease;
  }
}
