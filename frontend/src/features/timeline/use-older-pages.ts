import type { Timeline, TimelineSnapshot } from '@parley/client';
import { useCallback, useEffect, useState } from 'react';

/** Older messages are asked for while this many rows are still above, so that reading up seldom waits. */
const LOAD_AHEAD_ROWS = 12;

/** Loads what is older as the reader comes near it. */
export function useOlderPages(
  timeline: Timeline,
  snapshot: TimelineSnapshot,
  firstShownIndex: number,
  placed: boolean,
): { failed: boolean; loadOlder: () => Promise<void> } {
  const [failed, setFailed] = useState(false);

  const loadOlder = useCallback(async () => {
    setFailed(false);
    const firstSeq = timeline.getSnapshot().messages[0]?.seq;
    try {
      await timeline.loadBefore();
    } catch {
      // Shown with a button; to ask again at once would be a storm.
      setFailed(true);
      return;
    }
    const { messages, hasBefore, loadingBefore } = timeline.getSnapshot();
    // Answered with what can not be shown: the same.
    if (hasBefore && !loadingBefore && messages[0]?.seq === firstSeq) setFailed(true);
  }, [timeline]);

  const wanted =
    placed &&
    snapshot.status === 'ready' &&
    snapshot.hasBefore &&
    !snapshot.loadingBefore &&
    !failed &&
    firstShownIndex < LOAD_AHEAD_ROWS;
  useEffect(() => {
    if (wanted) void loadOlder();
  }, [wanted, loadOlder]);

  return { failed, loadOlder };
}
