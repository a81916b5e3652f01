import type { Message } from '@parley/protocol';
import { avatarHue } from '../../lib/avatar-hue.js';
import type { NameOf } from '../../lib/system-sentence.js';

/** The message answered, in two lines above the answer. */
export function ReplyQuote({
  message,
  nameOf,
  onJump,
}: {
  /** `undefined`: older than what is loaded. */
  message: Message | undefined;
  nameOf: NameOf;
  onJump: () => void;
}) {
  return (
    <button
      type="button"
      onClick={onJump}
      className="mt-0.5 mb-1 flex w-full min-w-0 flex-col rounded-lg border-l-[3px] border-accent bg-ink/5 px-2.5 py-1 text-left text-sm hover:bg-ink/8"
    >
      {message === undefined ? (
        <span className="text-ink-2">An earlier message</span>
      ) : (
        <>
          <span
            className="sender-tint truncate text-[0.8125rem] font-semibold"
            style={{ '--hue': avatarHue(message.senderId) } as React.CSSProperties}
          >
            {nameOf(message.senderId) ?? 'Someone'}
          </span>
          <span className="line-clamp-2 text-ink-2">
            {message.deletedAt === null ? message.text : 'Message deleted'}
          </span>
        </>
      )}
    </button>
  );
}
