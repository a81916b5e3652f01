import type { Id } from '@parley/protocol';
import type { NameOf } from '../../lib/system-sentence.js';
import { typingSentence } from './typing-sentence.js';

/** Keeps its height when nobody types, so that the messages do not jump. */
export function TypingLine({ typing, nameOf }: { typing: readonly Id[]; nameOf: NameOf }) {
  const sentence = typingSentence(typing.map((id) => nameOf(id)));
  return (
    <div className="mx-auto flex h-6 w-full max-w-4xl items-center gap-2 px-4 text-[0.8125rem] text-ink-2 md:px-7">
      {sentence !== null && (
        <>
          <span aria-hidden="true" className="flex gap-0.5">
            {[0, 160, 320].map((delay) => (
              <span
                key={delay}
                className="size-1.5 animate-[typing-dot_1.2s_infinite] rounded-full bg-accent"
                style={{ animationDelay: `${delay}ms` }}
              />
            ))}
          </span>
          <span className="truncate">{sentence}</span>
        </>
      )}
    </div>
  );
}
