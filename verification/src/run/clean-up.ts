import type { MessagePage } from '@parley/protocol';
import type { RestSession } from '../driver/rest-session.js';
import type { Person, Population, Room } from '../workload/people.js';
import { inParallel } from '../workload/people.js';

const AT_ONCE = 4;
const PAGE = 100;
const STEP_WITHIN_MS = 15_000;
/** What the accounts that stay are called, so that whoever meets one knows what it is. */
const LEFT_NAME = 'Checker (unused)';

/**
 * Takes away what a run made on somebody's own install, as far as the contract allows: groups are deleted, what was written in
 * directs is, sessions are ended. Answers what was done and what stays, in words for the operator.
 */
export async function cleanUp({ people, conversations }: Population): Promise<string[]> {
  const failed: string[] = [];
  const step = async (session: RestSession, method: string, path: string, body?: object): Promise<void> => {
    const outcome = await session.settle(method, path, body, STEP_WITHIN_MS);
    // What is gone already needs no second removal.
    if (outcome.kind === 'ok' || (outcome.kind === 'refused' && outcome.code === 'NOT_FOUND')) return;
    failed.push(`${method} ${path}: ${outcome.kind === 'refused' ? outcome.code : outcome.why}`);
  };
  const directs = conversations.filter(({ kind }) => kind === 'direct');
  const owned = conversations.filter(({ kind }) => kind !== 'direct');
  await inParallel(directs, AT_ONCE, async (room) => {
    for (const { session, id } of await textsOf(room, people))
      await step(session, 'DELETE', `/messages/${id}`);
  });
  await inParallel(owned, AT_ONCE, async ({ id, owner, members }) => {
    // Deleted, it is hidden from all; left, it is no longer theirs either where the deletion did not work.
    await step(owner.session, 'DELETE', `/conversations/${id}`);
    for (const { session } of members.filter((member) => member !== owner))
      await step(session, 'POST', `/conversations/${id}/leave`);
  });
  await inParallel(people, AT_ONCE, async ({ session }) => {
    await step(session, 'PATCH', '/users/me', { displayName: LEFT_NAME });
    await step(session, 'DELETE', '/auth/sessions');
    await step(session, 'POST', '/auth/logout');
  });
  const names = people.map(({ name }) => name);
  return [
    `cleaned up: ${String(owned.length)} groups and channels deleted, ${String(directs.length)} directs emptied, all sessions ended`,
    `what stays, as nothing in the API takes it away: the accounts ${names[0] ?? ''} to ${names.at(-1) ?? ''} (shown as "${LEFT_NAME}", signed out), ${String(directs.length)} directs between them with their deleted messages, and the rows of the deleted groups, which nobody can read`,
    ...failed.map((what) => `could not clean up: ${what}`),
  ];
}

/** Everything that was written there and is not deleted yet, each with the session of who wrote it. */
async function textsOf(
  { id, owner }: Room,
  people: Person[],
): Promise<{ session: RestSession; id: string }[]> {
  const sessionOf = new Map(people.map((person) => [person.id, person.session]));
  const found: { session: RestSession; id: string }[] = [];
  for (let before = ''; ;) {
    const page = await owner.session.settle<MessagePage>(
      'GET',
      `/conversations/${id}/messages?limit=${String(PAGE)}${before}`,
      undefined,
      STEP_WITHIN_MS,
    );
    if (page.kind !== 'ok') return found;
    for (const message of page.data.items) {
      const session = sessionOf.get(message.senderId);
      if (message.kind === 'text' && message.deletedAt === null && session !== undefined)
        found.push({ session, id: message.id });
    }
    const [first] = page.data.items;
    if (!page.data.hasBefore || first === undefined) return found;
    before = `&before=${String(first.seq)}`;
  }
}
