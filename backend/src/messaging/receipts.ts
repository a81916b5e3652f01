import type { Receipt } from '@parley/protocol';
import { RECEIPTS_MAX_MEMBERS } from '@parley/protocol';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Publisher } from '../realtime/publisher.js';

/** Pointers that move within this time travel in one event: people open a busy conversation at about the same moment. */
const COALESCE_MS = 250;

/** Tells pointers: one's own to all of one's devices, everybody's to a conversation that is small enough. */
@Injectable()
export class Receipts implements OnApplicationShutdown {
  private readonly waiting = new Map<string, Map<string, Receipt>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly publisher: Publisher) {}

  announce(conversationId: string, receipt: Receipt, memberCount: number): void {
    if (memberCount > RECEIPTS_MAX_MEMBERS) {
      this.publisher.toMember(receipt.userId, conversationId, 'receipts', {
        conversationId,
        receipts: [receipt],
      });
      return;
    }
    const receipts = this.waiting.get(conversationId) ?? new Map<string, Receipt>();
    // Pointers only move forward, so the later one is the higher one; still, two answers may cross.
    const held = receipts.get(receipt.userId);
    receipts.set(receipt.userId, {
      userId: receipt.userId,
      readSeq: Math.max(receipt.readSeq, held?.readSeq ?? 0),
      deliveredSeq: Math.max(receipt.deliveredSeq, held?.deliveredSeq ?? 0),
    });
    this.waiting.set(conversationId, receipts);
    this.timer ??= setTimeout(() => {
      this.flush();
    }, COALESCE_MS);
  }

  /** After the drain: until then pointers move. */
  onApplicationShutdown(): void {
    clearTimeout(this.timer);
    this.flush();
  }

  private flush(): void {
    this.timer = undefined;
    for (const [conversationId, receipts] of this.waiting) {
      this.publisher.toConversation(conversationId, 'receipts', {
        conversationId,
        receipts: [...receipts.values()],
      });
    }
    this.waiting.clear();
  }
}
