import type { Timeline, TimelineSnapshot } from '@parley/client';
import type { Id } from '@parley/protocol';
import { useEffect, useMemo } from 'react';
import { useClient } from './client-context.js';
import { useObservable } from './use-observable.js';

/** The log of a conversation, loaded and kept live while the component is on the screen. */
export function useTimeline(conversationId: Id): { timeline: Timeline; snapshot: TimelineSnapshot } {
  const client = useClient();
  const timeline = useMemo(() => client.timeline(conversationId), [client, conversationId]);
  useEffect(() => timeline.open(), [timeline]);
  return { timeline, snapshot: useObservable(timeline) };
}
