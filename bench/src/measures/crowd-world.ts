import { accessToken } from '../ground/access-token.js';
import type { PersonOrder } from '../driver/crowd-orders.js';
import type { CrowdSizes } from '../sizes.js';
import type { World } from '../workload.js';

/** Whom each person has on the screen: people of their own conversations, the nearest first. */
function watchedBy(
  world: World,
  members: readonly (readonly number[])[],
  user: number,
  count: number,
): string[] {
  const others = new Set<number>();
  for (const room of world.layout.roomsOf[user] ?? [])
    for (const member of members[room] ?? []) if (member !== user && others.size < count) others.add(member);
  return [...others].map((other) => world.userId(other));
}

export interface Doors {
  readonly url: string;
  readonly returnUrl: string;
}

export function peopleOf(
  world: World,
  users: readonly number[],
  secret: string,
  { watchedEach }: CrowdSizes,
  { url, returnUrl }: Doors,
): PersonOrder[] {
  const members: number[][] = Array.from({ length: world.layout.rooms }, () => []);
  world.layout.roomsOf.forEach((rooms, user) => {
    for (const room of rooms) members[room]?.push(user);
  });
  return users.map((user) => ({
    number: user,
    url,
    returnUrl,
    auth: { token: accessToken(secret, world.userId(user), world.sessionId(user)) },
    conversationIds: world.conversationIdsOf(user),
    watched: watchedBy(world, members, user, watchedEach),
  }));
}

/** In a second, of so many people together. */
export function pace(
  { sendEveryMs, readEveryMs, presenceEveryMs, textLength }: CrowdSizes,
  users: number,
): { sends: number; reads: number; presences: number; textLength: number } {
  const rate = (everyMs: number): number => (users * 1_000) / everyMs;
  return { sends: rate(sendEveryMs), reads: rate(readEveryMs), presences: rate(presenceEveryMs), textLength };
}
