const DAY_MS = 86_400_000;

/** Midnight before the time, in the reader's own time zone. */
export function dayStart(time: Date): number {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}

/** Calendar days from `earlier` to `later`; a day of 23 or 25 hours counts as one. */
export function daysBetween(earlier: Date, later: Date): number {
  return Math.round((dayStart(later) - dayStart(earlier)) / DAY_MS);
}

export function clockLabel(time: Date, locale?: string): string {
  return time.toLocaleTimeString(locale, { hour: 'numeric', minute: '2-digit' });
}

/** For a line of the conversation list: the clock today, then "Yesterday", the weekday for a week, the date. */
export function listLabel(time: Date, now: Date, locale?: string): string {
  const days = daysBetween(time, now);
  if (days <= 0) return clockLabel(time, locale);
  if (days === 1) return 'Yesterday';
  if (days < 7) return time.toLocaleDateString(locale, { weekday: 'short' });
  if (time.getFullYear() === now.getFullYear()) {
    return time.toLocaleDateString(locale, { day: 'numeric', month: 'short' });
  }
  return time.toLocaleDateString(locale, { day: 'numeric', month: 'short', year: 'numeric' });
}

/** For the line between two days of a conversation. */
export function dayLabel(time: Date, now: Date, locale?: string): string {
  const days = daysBetween(time, now);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return time.toLocaleDateString(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(time.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  });
}

export function fullLabel(time: Date, locale?: string): string {
  return time.toLocaleString(locale, { dateStyle: 'full', timeStyle: 'short' });
}

/** "just now", "5 minutes ago", "3 days ago". */
export function agoLabel(time: Date, now: Date, locale?: string): string {
  const seconds = Math.round((now.getTime() - time.getTime()) / 1_000);
  if (seconds < 60) return 'just now';
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
  if (seconds < 3_600) return relative.format(-Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return relative.format(-Math.floor(seconds / 3_600), 'hour');
  return relative.format(-Math.floor(seconds / 86_400), 'day');
}
