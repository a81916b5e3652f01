import type { ParleyClient } from '@parley/client';
import type { Id } from '@parley/protocol';
import { PAGE_LIMIT_MAX } from '@parley/protocol/limits';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';

/** Plain reads over REST. What is live comes from the client's own stores, never from here. */

/** People searched for a moment ago are still the same people. */
const PEOPLE_FRESH_MS = 30_000;
const MEMBERS_FRESH_MS = 15_000;

export function peopleQuery(client: ParleyClient, query: string) {
  return queryOptions({
    queryKey: ['people', query],
    queryFn: ({ signal }) =>
      client.call('GET /users', { query: { ...(query === '' ? {} : { query }), limit: 30 }, signal }),
    staleTime: PEOPLE_FRESH_MS,
  });
}

/** The first hundred, which is everybody in nearly every conversation. */
export function membersQuery(client: ParleyClient, conversationId: Id) {
  return queryOptions({
    queryKey: ['members', conversationId],
    queryFn: ({ signal }) =>
      client.call('GET /conversations/:id/members', {
        params: { id: conversationId },
        query: { limit: PAGE_LIMIT_MAX },
        signal,
      }),
    staleTime: MEMBERS_FRESH_MS,
  });
}

export function channelsQuery(client: ParleyClient, query: string) {
  return infiniteQueryOptions({
    queryKey: ['channels', query],
    queryFn: ({ pageParam, signal }) =>
      client.call('GET /channels', {
        query: {
          ...(query === '' ? {} : { query }),
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
}

export function sessionsQuery(client: ParleyClient) {
  return queryOptions({
    queryKey: ['sessions'],
    queryFn: ({ signal }) => client.call('GET /auth/sessions', { signal }),
  });
}
