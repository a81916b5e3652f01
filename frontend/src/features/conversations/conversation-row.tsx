import type { Conversation, Id } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import { AtSign, BellOff, Pin } from 'lucide-react';
import { ConversationAvatar } from '../../components/conversation-avatar.js';
import { CountBadge } from '../../components/ui/count-badge.js';
import { classNames } from '../../lib/class-names.js';
import { conversationTitle } from '../../lib/conversation-title.js';
import { messagePreview } from '../../lib/message-preview.js';
import type { NameOf } from '../../lib/system-sentence.js';
import { listLabel } from '../../lib/time-labels.js';
import { isUnread } from './arrange-conversations.js';

export interface ConversationRowProps {
  conversation: Conversation;
  meId: Id;
  nameOf: NameOf;
  draft: string | null;
  now: Date;
}

export function ConversationRow({ conversation, meId, nameOf, draft, now }: ConversationRowProps) {
  const { me, lastMessage } = conversation;
  const unread = isUnread(conversation);
  const preview =
    lastMessage === null
      ? 'No messages yet'
      : messagePreview(lastMessage, { meId, nameOf, withSender: conversation.kind !== 'direct' });
  return (
    <Link
      to="/c/$conversationId"
      params={{ conversationId: conversation.id }}
      data-conversation={conversation.id}
      className="flex min-h-16 items-center gap-3 rounded-xl px-2.5 py-2 transition-colors [contain-intrinsic-size:auto_4rem] [content-visibility:auto] hover:bg-hover focus-visible:-outline-offset-2"
      activeProps={{ className: 'bg-pressed hover:bg-pressed', 'aria-current': 'page' }}
    >
      <ConversationAvatar conversation={conversation} meId={meId} />
      <span className="flex min-w-0 flex-1 flex-col gap-0.5">
        <span className="flex items-baseline gap-2">
          <span className={classNames('min-w-0 flex-1 truncate', unread ? 'font-semibold' : 'font-medium')}>
            {conversationTitle(conversation, meId)}
          </span>
          {lastMessage !== null && (
            <time
              dateTime={lastMessage.createdAt}
              className={classNames(
                'shrink-0 text-xs tabular-nums',
                unread && !me.muted ? 'font-medium text-accent-ink' : 'text-ink-3',
              )}
            >
              {listLabel(new Date(lastMessage.createdAt), now)}
            </time>
          )}
        </span>
        <span className="flex h-5 items-center gap-1.5">
          <span
            className={classNames(
              'min-w-0 flex-1 truncate text-sm',
              unread && !me.muted ? 'text-ink' : 'text-ink-2',
            )}
          >
            {draft !== null ? (
              <>
                <span className="text-danger">Draft: </span>
                {draft}
              </>
            ) : (
              preview
            )}
          </span>
          {me.pinned && <Pin className="size-3.5 shrink-0 text-ink-3" role="img" aria-label="Pinned" />}
          {me.muted && <BellOff className="size-3.5 shrink-0 text-ink-3" role="img" aria-label="Muted" />}
          {me.mentions > 0 && (
            <span className="inline-flex size-5 items-center justify-center rounded-full bg-accent text-on-accent">
              <AtSign className="size-3" role="img" aria-label="You were mentioned" />
            </span>
          )}
          {me.unread > 0 ? (
            <CountBadge count={me.unread} quiet={me.muted} label={`${me.unread} unread`} />
          ) : (
            me.markedUnread && (
              <span className="size-2.5 rounded-full bg-accent" role="img" aria-label="Marked as unread" />
            )
          )}
        </span>
      </span>
    </Link>
  );
}
