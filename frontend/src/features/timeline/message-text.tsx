import type { User } from '@parley/protocol';
import { Fragment, memo } from 'react';
import { classNames } from '../../lib/class-names.js';
import { isEmojiOnly, parseText, type Inline } from '../../lib/parse-text.js';

function InlinePart({ part, meUsername }: { part: Inline; meUsername: string }) {
  switch (part.type) {
    case 'link':
      return (
        <a
          href={part.href}
          target="_blank"
          rel="noopener noreferrer nofollow"
          className="text-accent-ink underline decoration-1 underline-offset-2 [overflow-wrap:anywhere] hover:decoration-2"
        >
          {part.text}
        </a>
      );
    case 'code':
      return (
        <code className="rounded-[0.3rem] bg-ink/8 px-1 py-0.5 font-mono text-[0.85em]">{part.text}</code>
      );
    case 'mention':
      return (
        <span
          className={classNames(
            'rounded font-medium text-accent-ink',
            part.username === meUsername && 'bg-accent-soft ring-1 ring-accent/40',
          )}
        >
          {part.text}
        </span>
      );
    default:
      return part.text;
  }
}

/** Shows a text as text: React escapes every part, and only http and https addresses become links. */
export const MessageText = memo(function MessageText({ text, me }: { text: string; me: User }) {
  if (isEmojiOnly(text)) return <span className="text-4xl leading-tight">{text.trim()}</span>;
  return parseText(text).map((block, index) =>
    block.type === 'code' ? (
      <pre
        // The blocks of one text never change places.
        key={index}
        // A long line scrolls, and a keyboard must be able to scroll it.
        tabIndex={0}
        className="my-1 max-w-full overflow-x-auto rounded-lg bg-ink/6 px-3 py-2 font-mono text-[0.8125rem] leading-normal"
      >
        <code>{block.text}</code>
      </pre>
    ) : (
      <span key={index} className="[overflow-wrap:anywhere] whitespace-pre-wrap">
        {block.inlines.map((part, at) => (
          <Fragment key={at}>
            <InlinePart part={part} meUsername={me.username} />
          </Fragment>
        ))}
      </span>
    ),
  );
});
