import type { Id, Reaction } from '@parley/protocol';
import { classNames } from '../../lib/class-names.js';
import type { NameOf } from '../../lib/system-sentence.js';

/** More names than these make a tooltip nobody reads. */
const NAMES_SHOWN = 12;

function whoReacted(reaction: Reaction, meId: Id, nameOf: NameOf): string {
  const names = reaction.userIds
    .slice(0, NAMES_SHOWN)
    .map((id) => (id === meId ? 'You' : (nameOf(id) ?? 'Someone')));
  const more = reaction.count - names.length;
  return new Intl.ListFormat('en').format(more > 0 ? [...names, `${more} more`] : names);
}

export function isMine(reaction: Reaction, meId: Id): boolean {
  return reaction.mine === true || reaction.userIds.includes(meId);
}

export function ReactionChips({
  reactions,
  meId,
  nameOf,
  onReact,
}: {
  reactions: readonly Reaction[];
  meId: Id;
  nameOf: NameOf;
  onReact: (emoji: string, on: boolean) => void;
}) {
  if (reactions.length === 0) return null;
  return (
    <ul aria-label="Reactions" className="mt-1 flex flex-wrap gap-1">
      {reactions.map((reaction) => {
        const mine = isMine(reaction, meId);
        const who = whoReacted(reaction, meId, nameOf);
        return (
          <li key={reaction.emoji}>
            <button
              type="button"
              aria-pressed={mine}
              aria-label={`${reaction.emoji} ${reaction.count}: ${who}`}
              title={who}
              onClick={() => onReact(reaction.emoji, !mine)}
              className={classNames(
                'touch-target inline-flex h-6.5 items-center gap-1 rounded-full border px-2 text-[0.8125rem] tabular-nums transition-colors',
                mine
                  ? 'border-accent bg-accent-soft font-medium text-accent-ink'
                  : 'border-line bg-surface text-ink-2 hover:bg-hover',
              )}
            >
              <span>{reaction.emoji}</span>
              <span>{reaction.count}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
