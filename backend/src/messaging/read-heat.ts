/** A page is worth sharing once it is read this often within the time, at one rev: below that, storing it costs more. */
const READS = 3;
const WITHIN_MS = 5_000;
/** Beyond it, those that were read longest ago are forgotten. */
const CONVERSATIONS_MAX = 10_000;

interface Heat {
  /** The last one that was seen; null until a read has told. */
  rev: number | null;
  /** When the last reads at this rev began, oldest first. */
  times: number[];
}

/** Which conversations are read so often, between two changes, that their newest page is worth sharing. */
export class ReadHeat {
  private readonly byConversation = new Map<string, Heat>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Counts a read that begins; true where it is worth asking for the rev first. */
  begins(conversationId: string): boolean {
    const heat = this.byConversation.get(conversationId) ?? { rev: null, times: [] };
    // Set anew: a map keeps the order of insertion, so the first one is the one to forget.
    this.byConversation.delete(conversationId);
    this.byConversation.set(conversationId, heat);
    if (this.byConversation.size > CONVERSATIONS_MAX) {
      const [oldest] = this.byConversation.keys();
      if (oldest !== undefined) this.byConversation.delete(oldest);
    }
    return this.count(heat);
  }

  /** A read found this rev. What was counted for another one says nothing about it. */
  sees(conversationId: string, rev: number): void {
    const heat = this.byConversation.get(conversationId);
    if (!heat || heat.rev === rev) return;
    if (heat.rev !== null) heat.times = [this.now()];
    heat.rev = rev;
  }

  /** The same for a read that asked for the rev alone; true where the page at this rev is worth sharing. */
  isHotAt(conversationId: string, rev: number): boolean {
    const heat = this.byConversation.get(conversationId);
    if (!heat) return false;
    const isAnother = heat.rev !== null && heat.rev !== rev;
    this.sees(conversationId, rev);
    if (isAnother) return false;
    return this.isHot(heat) || this.count(heat);
  }

  private count(heat: Heat): boolean {
    heat.times.push(this.now());
    if (heat.times.length > READS) heat.times.shift();
    return this.isHot(heat);
  }

  private isHot({ times: [oldest, ...later] }: Heat): boolean {
    return oldest !== undefined && later.length === READS - 1 && this.now() - oldest <= WITHIN_MS;
  }
}
