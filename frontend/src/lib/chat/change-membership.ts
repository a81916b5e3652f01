import type { ParleyClient } from '@parley/client';
import type { Id, RouteBody } from '@parley/protocol';

export type MembershipChange = RouteBody<'PATCH /conversations/:id/me'>;

/** The reader's own side: muted, pinned, archived, marked unread. */
export async function changeMembership(
  client: ParleyClient,
  conversationId: Id,
  change: MembershipChange,
): Promise<void> {
  await client.changeMembership(conversationId, change);
}
