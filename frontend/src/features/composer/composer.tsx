import type { Conversation, Message } from '@parley/protocol';
import { TEXT_MAX } from '@parley/protocol/limits';
import { codePointLength, hasVisibleCharacter } from '@parley/protocol/text';
import { ArrowUp, Check, Pencil, Reply, Smile, X } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { EmojiPopover } from '../../components/emoji-popover.js';
import { IconButton } from '../../components/ui/icon-button.js';
import { classNames } from '../../lib/class-names.js';
import { useClient } from '../../lib/chat/client-context.js';
import { readDraft, writeDraft } from '../../lib/drafts.js';
import { MentionSuggestions } from './mention-suggestions.js';
import { insertAt, mentionAt } from './mention-at.js';

/** The counter shows from here on; before, it would only be noise. */
const COUNTER_FROM = TEXT_MAX - 500;

/** What the composer does besides writing something new. */
export type ComposerMode =
  { type: 'new' } | { type: 'reply'; message: Message; name: string } | { type: 'edit'; message: Message };

export interface ComposerProps {
  conversation: Conversation;
  placeholder: string;
  mode: ComposerMode;
  onModeChange: (mode: ComposerMode) => void;
  onSend: (text: string) => void;
  onEdit: (message: Message, text: string) => void;
  /** Arrow up in an empty composer. */
  onEditLast: () => void;
}

export function Composer({
  conversation,
  placeholder,
  mode,
  onModeChange,
  onSend,
  onEdit,
  onEditLast,
}: ComposerProps) {
  const client = useClient();
  const input = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => readDraft(conversation.id));
  const [caret, setCaret] = useState(0);
  const editing = mode.type === 'edit';
  const length = codePointLength(text);
  const sendable = hasVisibleCharacter(text) && length <= TEXT_MAX;
  const mention = mentionAt(text, caret);

  // A draft waits untouched while an older message is edited.
  const editedId = mode.type === 'edit' ? mode.message.id : null;
  const editedText = mode.type === 'edit' ? mode.message.text : '';
  const lastEdited = useRef<string | null>(null);
  useEffect(() => {
    if (editedId === lastEdited.current) return;
    lastEdited.current = editedId;
    setText(editedId === null ? readDraft(conversation.id) : editedText);
    input.current?.focus();
  }, [editedId, editedText, conversation.id]);
  useEffect(() => {
    if (mode.type === 'reply') input.current?.focus();
  }, [mode]);

  // Who opens a conversation may write at once. On a phone that would throw up the keyboard over what is to be read.
  useEffect(() => {
    if (window.matchMedia('(pointer: fine)').matches) input.current?.focus();
  }, []);

  // Grows with what is written. Browsers that know field-sizing do it by themselves.
  useLayoutEffect(() => {
    const element = input.current;
    if (element === null || CSS.supports('field-sizing', 'content')) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);

  useEffect(
    () => () => {
      client.stopTyping(conversation.id);
    },
    [client, conversation.id],
  );

  function change(next: string, at: number): void {
    setText(next);
    setCaret(at);
    if (editing) return;
    writeDraft(conversation.id, next);
    if (next.trim() === '') client.stopTyping(conversation.id);
    else client.startTyping(conversation.id);
  }

  function leaveMode(): void {
    onModeChange({ type: 'new' });
    input.current?.focus();
  }

  function submit(): void {
    if (!sendable) return;
    if (mode.type === 'edit') {
      if (text !== mode.message.text) onEdit(mode.message, text);
      leaveMode();
      return;
    }
    onSend(text);
    writeDraft(conversation.id, '');
    setText('');
    onModeChange({ type: 'new' });
    input.current?.focus();
  }

  function insert(piece: string, from: number, to: number): void {
    const next = insertAt(text, piece, from, to);
    change(next.text, next.caret);
    // The caret can be set only where the text already stands.
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(next.caret, next.caret);
    });
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    // Enter that ends a composition of an input method chooses a word, it does not send. Safari says 229.
    if (event.nativeEvent.isComposing || event.nativeEvent.keyCode === 229) return;
    if (event.defaultPrevented) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      submit();
    } else if (event.key === 'Escape' && mode.type !== 'new') {
      event.preventDefault();
      leaveMode();
    } else if (event.key === 'ArrowUp' && text === '' && mode.type === 'new') {
      event.preventDefault();
      onEditLast();
    }
  }

  return (
    <div className="relative mx-auto w-full max-w-4xl px-3 pb-3 md:px-6 md:pb-4">
      {mention !== null && (
        <MentionSuggestions
          conversationId={conversation.id}
          query={mention.query}
          input={input}
          onPick={(username) => insert(`@${username} `, mention.start, caret)}
          onDismiss={() => setCaret(0)}
        />
      )}
      <form
        aria-label="Write a message"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
        className="rounded-2xl border border-line-strong/70 bg-surface transition-colors focus-within:border-accent focus-within:ring-1 focus-within:ring-accent"
      >
        {mode.type === 'reply' && (
          <ModeBar
            icon={<Reply className="size-4" aria-hidden="true" />}
            title={`Reply to ${mode.name}`}
            text={mode.message.text}
            onCancel={leaveMode}
          />
        )}
        {mode.type === 'edit' && (
          <ModeBar
            icon={<Pencil className="size-4" aria-hidden="true" />}
            title="Edit message"
            text={mode.message.text}
            onCancel={leaveMode}
          />
        )}
        <div className="flex items-end gap-1 p-1">
          <EmojiPopover
            onPick={(emoji) => {
              const at = input.current?.selectionStart ?? text.length;
              insert(emoji, at, input.current?.selectionEnd ?? at);
            }}
            trigger={
              <IconButton type="button" label="Insert an emoji">
                <Smile className="size-5" aria-hidden="true" />
              </IconButton>
            }
          />
          <textarea
            ref={input}
            rows={1}
            value={text}
            aria-label={placeholder}
            placeholder={placeholder}
            enterKeyHint="send"
            aria-describedby="composer-hint"
            onChange={(event) => change(event.target.value, event.target.selectionStart)}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
            onKeyDown={onKeyDown}
            className="max-h-[40dvh] min-h-9 flex-1 resize-none bg-transparent px-1 py-1.5 text-base leading-6 outline-none [field-sizing:content] placeholder:text-ink-3 md:text-[0.9375rem]"
          />
          <span id="composer-hint" className="sr-only">
            Enter sends, Shift and Enter begin a new line.
          </span>
          {length >= COUNTER_FROM && (
            <span
              role="status"
              className={classNames(
                'self-center px-1 text-xs tabular-nums',
                length > TEXT_MAX ? 'font-semibold text-danger' : 'text-ink-2',
              )}
            >
              {TEXT_MAX - length}
              <span className="sr-only"> characters left</span>
            </span>
          )}
          <IconButton
            type="submit"
            label={editing ? 'Save' : 'Send'}
            look="accent"
            disabled={!sendable}
            // A press on the button must not close the keyboard of a phone.
            onPointerDown={(event) => event.preventDefault()}
            className="rounded-xl"
          >
            {editing ? (
              <Check className="size-5" aria-hidden="true" />
            ) : (
              <ArrowUp className="size-5" aria-hidden="true" />
            )}
          </IconButton>
        </div>
      </form>
    </div>
  );
}

function ModeBar({
  icon,
  title,
  text,
  onCancel,
}: {
  icon: ReactNode;
  title: string;
  text: string;
  onCancel: () => void;
}) {
  return (
    <div className="flex items-center gap-2.5 border-b border-line py-1 pr-1 pl-3">
      <span className="text-accent-ink">{icon}</span>
      <span className="min-w-0 flex-1 text-sm">
        <span className="block font-medium text-accent-ink">{title}</span>
        <span className="block truncate text-ink-2">{text}</span>
      </span>
      <IconButton type="button" label="Cancel" onClick={onCancel}>
        <X className="size-4" aria-hidden="true" />
      </IconButton>
    </div>
  );
}
