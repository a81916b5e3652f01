import type { Pause } from './send-pacing.js';

/** What tabs with one queue tell each other. */
export type TabWord = { readonly kind: 'changed' } | { readonly kind: 'paused'; readonly pause: Pause };

/** A hidden tab's clock is slowed down to a tick a minute; a tab in sight wakes the one that sends. */
const NUDGE_MS = 2_000;

export interface TabsHandler {
  /** From now on this tab sends. The one before may have died in the middle of anything. */
  lead: () => void;
  heard: (word: TabWord) => void;
  /** Whether something waits that another tab should send. */
  isWaiting: () => boolean;
}

/** Of all tabs with the queue of one user one sends; the others look on, and one of them follows it when it goes. */
export class OutboxTabs {
  private readonly channel: BroadcastChannel | null;
  private readonly ended = new AbortController();
  private readonly nudges: ReturnType<typeof setInterval> | undefined;
  private leads = false;

  constructor(userId: string, isShared: boolean, handler: TabsHandler) {
    const lead = () => {
      this.leads = true;
      handler.lead();
    };
    if (!isShared || typeof BroadcastChannel === 'undefined' || !('locks' in navigator)) {
      this.channel = null;
      lead();
      return;
    }
    this.channel = new BroadcastChannel(`parley-outbox-${userId}`);
    this.channel.onmessage = ({ data }: MessageEvent<TabWord>) => {
      handler.heard(data);
    };
    this.nudges = setInterval(() => {
      if (!this.leads && document.visibilityState === 'visible' && handler.isWaiting())
        this.tell({ kind: 'changed' });
    }, NUDGE_MS);
    void this.waitForLead(userId, lead);
  }

  tell(word: TabWord): void {
    this.channel?.postMessage(word);
  }

  stop(): void {
    this.ended.abort();
    clearInterval(this.nudges);
    this.channel?.close();
  }

  private async waitForLead(userId: string, lead: () => void): Promise<void> {
    const { signal } = this.ended;
    const end = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    try {
      await navigator.locks.request(`parley-outbox-${userId}`, { signal }, () => {
        if (signal.aborted) return;
        lead();
        return end;
      });
    } catch {
      // Stopped before it was its turn.
    }
  }
}
