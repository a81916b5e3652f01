import { useRef, type KeyboardEvent } from 'react';

/** Enough for most answers; the rest is what the system's own emoji keyboard is for. */
const EMOJI = [
  ['👍', 'Thumbs up'],
  ['❤️', 'Heart'],
  ['😂', 'Tears of joy'],
  ['🎉', 'Party'],
  ['👀', 'Eyes'],
  ['✅', 'Done'],
  ['🙏', 'Thanks'],
  ['🔥', 'Fire'],
  ['😊', 'Smile'],
  ['😄', 'Grin'],
  ['😉', 'Wink'],
  ['😍', 'Heart eyes'],
  ['🤔', 'Thinking'],
  ['😅', 'Phew'],
  ['😢', 'Crying'],
  ['😮', 'Surprised'],
  ['😡', 'Angry'],
  ['🙄', 'Rolling eyes'],
  ['😎', 'Cool'],
  ['🤯', 'Mind blown'],
  ['🥳', 'Celebrating'],
  ['😴', 'Asleep'],
  ['🤝', 'Handshake'],
  ['👏', 'Clapping'],
  ['🙌', 'Raised hands'],
  ['💪', 'Strong'],
  ['👋', 'Wave'],
  ['👌', 'Okay'],
  ['🤞', 'Fingers crossed'],
  ['👎', 'Thumbs down'],
  ['💡', 'Idea'],
  ['🚀', 'Rocket'],
  ['⭐', 'Star'],
  ['💯', 'Hundred'],
  ['❓', 'Question'],
  ['❗', 'Exclamation'],
  ['☕', 'Coffee'],
  ['🍕', 'Pizza'],
  ['🎂', 'Cake'],
  ['🌱', 'Seedling'],
  ['☀️', 'Sun'],
  ['🐛', 'Bug'],
] as const;

const COLUMNS = 6;

const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowLeft: -1,
  ArrowDown: COLUMNS,
  ArrowUp: -COLUMNS,
};

export function EmojiGrid({ onPick }: { onPick: (emoji: string) => void }) {
  const grid = useRef<HTMLDivElement>(null);

  function walk(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    const buttons = [...(grid.current?.querySelectorAll('button') ?? [])];
    const at = buttons.findIndex((button) => button === document.activeElement);
    const target = step === undefined ? undefined : buttons[at + step];
    if (target === undefined) return;
    event.preventDefault();
    target.focus();
  }

  return (
    <div ref={grid} role="toolbar" aria-label="Emoji" onKeyDown={walk} className="grid grid-cols-6 gap-0.5">
      {EMOJI.map(([emoji, name], index) => (
        <button
          key={emoji}
          type="button"
          aria-label={name}
          tabIndex={index === 0 ? 0 : -1}
          onClick={() => onPick(emoji)}
          className="flex size-11 items-center justify-center rounded-lg text-2xl transition-transform hover:bg-hover active:scale-90 md:size-9 md:text-xl"
        >
          {emoji}
        </button>
      ))}
    </div>
  );
}
