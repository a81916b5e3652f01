import type { Message } from '@parley/protocol';
import { MessagesSquare, Pin } from 'lucide-react';
import { useState } from 'react';
import { Avatar } from '../../components/ui/avatar.js';
import { avatarHue } from '../../lib/avatar-hue.js';
import { classNames } from '../../lib/class-names.js';
import { clockLabel, fullLabel } from '../../lib/time-labels.js';
import { useLongPress } from '../../lib/use-long-press.js';
import { Bubble, BubbleMeta } from './bubble.js';
import { DeliveryMark } from './delivery-mark.js';
import { MessageText } from './message-text.js';
import { MessageToolbar } from './message-toolbar.js';
import { ReactionChips } from './reaction-chips.js';
import { ReplyQuote } from './reply-quote.js';
import type { RowContext } from './timeline-row.js';

export interface MessageRowProps {
  message: Message;
  first: boolean;
  last: boolean;
  context: RowContext;
  highlighted: boolean;
  /** By the keyboard, it or something inside it. */
  focused: boolean;
}

export function MessageRow({ message, first, last, context, highlighted, focused }: MessageRowProps) {
  const { me, kind, nameOf, commands, rights, openSheet } = context;
  const [hovered, setHovered] = useState(false);
  const [held, setHeld] = useState(false);
  const own = message.senderId === me.id;
  const alive = message.deletedAt === null;
  const longPress = useLongPress(() => {
    if (alive) openSheet(message);
  });
  const name = own ? 'You' : (nameOf(message.senderId) ?? 'Someone');
  const inGroup = kind !== 'direct';
  const answered = message.replyToId ?? message.threadRootId;

  return (
    <div
      className={classNames('group flex gap-2.5', own && 'flex-row-reverse', first ? 'pt-2' : 'pt-0.5')}
      onPointerEnter={(event) => event.pointerType === 'mouse' && setHovered(true)}
      onPointerLeave={() => setHovered(false)}
    >
      {inGroup && !own && (
        <span className="w-8 shrink-0">
          {first && (
            <Avatar
              id={message.senderId}
              name={name}
              imageUrl={context.imageOf(message.senderId)}
              size="sm"
            />
          )}
        </span>
      )}
      <div
        className={classNames(
          'relative flex max-w-[85%] min-w-0 flex-col',
          own ? 'items-end' : 'items-start',
        )}
      >
        {/* Only fingers press long; a mouse and a keyboard have the toolbar. */}
        <div {...longPress} className="max-w-full touch-manipulation pointer-coarse:select-none">
          <Bubble own={own} first={first} last={last} highlighted={highlighted}>
            {inGroup && !own && first ? (
              <span
                className="sender-tint block truncate text-[0.8125rem] leading-5 font-semibold"
                style={{ '--hue': avatarHue(message.senderId) } as React.CSSProperties}
              >
                {name}
              </span>
            ) : (
              <span className="sr-only">{name}: </span>
            )}
            {answered !== null && alive && (
              <ReplyQuote
                message={context.messageById(answered)}
                nameOf={nameOf}
                onJump={() => commands.jumpTo(answered)}
              />
            )}
            {alive ? (
              <MessageText text={message.text} me={me} />
            ) : (
              <span className="text-ink-2 italic">Message deleted</span>
            )}
            <BubbleMeta>
              {message.pinnedAt !== null && <Pin className="size-3" role="img" aria-label="Pinned" />}
              {message.editedAt !== null && alive && <span>edited</span>}
              <time dateTime={message.createdAt} title={fullLabel(new Date(message.createdAt))}>
                {clockLabel(new Date(message.createdAt))}
              </time>
              {own && alive && <DeliveryMark delivery={message.seq <= context.readSeq ? 'read' : 'sent'} />}
            </BubbleMeta>
          </Bubble>
        </div>
        <ReactionChips
          reactions={message.reactions}
          meId={me.id}
          nameOf={nameOf}
          onReact={(emoji, on) => commands.react(message, emoji, on)}
        />
        {message.threadReplies > 0 && (
          <span className="mt-1 flex items-center gap-1.5 px-1 text-[0.8125rem] font-medium text-accent-ink">
            <MessagesSquare className="size-3.5" aria-hidden="true" />
            {message.threadReplies === 1 ? '1 reply' : `${message.threadReplies} replies`}
          </span>
        )}
        {alive && (hovered || focused || held) && (
          <div
            className={classNames(
              'absolute top-0 z-10 pointer-coarse:hidden',
              own ? 'right-full mr-1.5' : 'left-full ml-1.5',
            )}
          >
            <MessageToolbar
              message={message}
              meId={me.id}
              rights={rights}
              commands={commands}
              onHold={setHeld}
            />
          </div>
        )}
      </div>
    </div>
  );
}
