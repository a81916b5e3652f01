import type { ChangePage, ChangesEvent, Message, MessagePage, Reacted } from '@parley/protocol';
import { makeMessage } from './make-message.js';

const TIME = '2026-01-01T00:00:00.000Z';

export type LogStep =
  | { readonly kind: 'create'; readonly by: string; readonly mention: boolean; readonly system: boolean }
  | { readonly kind: 'edit' | 'delete' | 'react' | 'reply'; readonly at: number; readonly by: string };

/** One conversation on the server's side: dense numbers, one touched message a rev, and what is read from it. */
export class ModelLog {
  readonly messages: Message[] = [];
  readonly frames: ChangesEvent[] = [];
  rev = 0;

  constructor(readonly conversationId: string) {}

  /** Answers the frame that tells it; a reply touches two messages in one. */
  apply(step: LogStep): ChangesEvent {
    const fromRev = this.rev;
    const reacted: Reacted[] = [];
    if (step.kind === 'create') {
      const { by, mention, system } = step;
      if (system)
        this.append({
          senderId: by,
          kind: 'system',
          text: '',
          system: { type: 'title', from: null, to: `title ${String(this.rev)}` },
        });
      else this.append({ senderId: by, mentions: mention ? ['me'] : [] });
    } else {
      const target = this.messages[Math.floor(step.at * this.messages.length)];
      if (!target) this.append({ senderId: step.by });
      else if (step.kind === 'edit')
        this.touch({ ...target, text: `edited at ${String(this.rev + 1)}`, editedAt: TIME });
      else if (step.kind === 'delete')
        this.touch({ ...target, text: '', reactions: [], mentions: [], deletedAt: TIME });
      else if (step.kind === 'reply') {
        this.append({ senderId: step.by, threadRootId: target.id });
        this.touch({ ...target, threadReplies: target.threadReplies + 1 });
      } else {
        const on = !(target.reactions[0]?.userIds.includes(step.by) ?? false);
        const others = (target.reactions[0]?.userIds ?? []).filter((id) => id !== step.by);
        const userIds = on ? [...others, step.by] : others;
        this.touch({
          ...target,
          reactions: userIds.length > 0 ? [{ emoji: '👍', count: userIds.length, userIds }] : [],
        });
        reacted.push({ messageId: target.id, userId: step.by, emoji: '👍', on });
      }
    }
    const frame: ChangesEvent = {
      conversationId: this.conversationId,
      fromRev,
      toRev: this.rev,
      messages: this.messages.filter(({ rev }) => rev > fromRev),
      reacted,
    };
    this.frames.push(frame);
    return frame;
  }

  /** As one reader is told: with `mine`. */
  get shown(): Message[] {
    return this.messages.map((message) => ({
      ...message,
      reactions: message.reactions.map((reaction) =>
        reaction.userIds.includes('me') ? { ...reaction, mine: true } : reaction,
      ),
    }));
  }

  page(before: number | undefined, limit: number): MessagePage {
    const items = this.shown.filter(({ seq }) => seq < (before ?? Infinity)).slice(-limit);
    return { items, hasBefore: (items[0]?.seq ?? 1) > 1, hasAfter: false, lastRev: this.rev };
  }

  changes(since: number, limit: number, resetAbove: number): Omit<ChangePage, 'epoch'> {
    if (since > this.rev || this.rev - since > resetAbove)
      return { items: [], lastRev: this.rev, hasMore: false, reset: true };
    const all = this.shown.filter(({ rev }) => rev > since).sort((a, b) => a.rev - b.rev);
    const items = all.slice(0, limit);
    const hasMore = items.length < all.length;
    return { items, lastRev: hasMore ? (items.at(-1)?.rev ?? since) : this.rev, hasMore, reset: false };
  }

  private append(fields: Partial<Message>): void {
    this.rev += 1;
    const seq = this.messages.length + 1;
    this.messages.push(makeMessage({ conversationId: this.conversationId, seq, rev: this.rev, ...fields }));
  }

  private touch(message: Message): void {
    this.rev += 1;
    this.messages[message.seq - 1] = { ...message, rev: this.rev };
  }
}
