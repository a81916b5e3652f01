import { useSyncExternalStore } from 'react';

/** What is written and not sent, per person and conversation; it survives a reload and a crash of the browser. */
const PREFIX = 'parley.draft.';
/** One list line's worth. */
const PREVIEW_LENGTH = 80;

const listeners = new Set<() => void>();
let owner: string | null = null;
let previews: ReadonlyMap<string, string> = new Map();

function keyOf(conversationId: string): string {
  return `${PREFIX}${owner ?? ''}.${conversationId}`;
}

function preview(text: string): string {
  return text.trim().replace(/\s+/g, ' ').slice(0, PREVIEW_LENGTH);
}

function announce(): void {
  for (const listener of listeners) listener();
}

/** Whose drafts these are; called when somebody signs in. */
export function openDrafts(userId: string): void {
  owner = userId;
  const found = new Map<string, string>();
  const start = keyOf('');
  try {
    for (let index = 0; index < localStorage.length; index += 1) {
      const key = localStorage.key(index);
      if (!key?.startsWith(start)) continue;
      const text = preview(localStorage.getItem(key) ?? '');
      if (text !== '') found.set(key.slice(start.length), text);
    }
  } catch {
    // Storage can be closed to the page; drafts then last as long as the page.
  }
  previews = found;
  announce();
}

/** Whoever signs out leaves nothing behind on a shared computer. */
export function forgetDrafts(): void {
  for (const conversationId of previews.keys()) writeDraft(conversationId, '');
}

export function readDraft(conversationId: string): string {
  try {
    return localStorage.getItem(keyOf(conversationId)) ?? '';
  } catch {
    return '';
  }
}

export function writeDraft(conversationId: string, text: string): void {
  try {
    if (text.trim() === '') localStorage.removeItem(keyOf(conversationId));
    else localStorage.setItem(keyOf(conversationId), text);
  } catch {
    // Full or closed storage must not stop anybody from typing.
  }
  const next = preview(text);
  if ((previews.get(conversationId) ?? '') === next) return;
  const changed = new Map(previews);
  if (next === '') changed.delete(conversationId);
  else changed.set(conversationId, next);
  previews = changed;
  announce();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The beginning of each draft, by conversation id. */
export function useDraftPreviews(): ReadonlyMap<string, string> {
  return useSyncExternalStore(subscribe, () => previews);
}
