import type { Conversation, MessagePage } from '@parley/protocol';
import { seenOf } from '../recording/digest.js';
import type { Seen } from '../recording/entries.js';
import type { Recorder } from '../recording/recorder.js';
import type { Person, Room } from '../workload/people.js';
import { inParallel } from '../workload/people.js';

const AT_ONCE = 8;
const PAGE = 100;
/** So many people walk the whole history of a conversation; the others its newest page. */
const WHOLE_WALKS = 2;

/** On a product that does not answer, the walk ends; what it did not reach counts as unread, and is told. */
const WALK_WITHIN_MS = 120_000;

/** Reads every conversation over REST as every person: members to the first message, strangers to the refusal. */
export async function walkHistory(people: Person[], rooms: Room[], recorder: Recorder): Promise<void> {
  const walks = rooms.flatMap((room) =>
    people.map((person, index) => ({
      room,
      person,
      whole: index % Math.max(1, Math.floor(people.length / WHOLE_WALKS)) === 0 || room.owner === person,
    })),
  );
  const end = Date.now() + WALK_WITHIN_MS;
  await inParallel(walks, AT_ONCE, async ({ room, person, whole }) => {
    if (Date.now() > end) return;
    const messages: Seen[] = [];
    let status = 0;
    let before = '';
    for (;;) {
      const page = await person.session.settle<MessagePage>(
        'GET',
        `/conversations/${room.id}/messages?limit=${String(PAGE)}${before}`,
      );
      if (page.kind !== 'ok') {
        status = page.kind === 'refused' && page.code === 'NOT_FOUND' ? 404 : 500;
        break;
      }
      status = 200;
      messages.unshift(...page.data.items.map(seenOf));
      const first = page.data.items[0];
      if (!whole || !page.data.hasBefore || first === undefined) break;
      before = `&before=${String(first.seq)}`;
    }
    // Who may not read it is asked for nothing more: a-stranger-asks tries every other way.
    const conversation =
      status === 200 ? await person.session.settle<Conversation>('GET', `/conversations/${room.id}`) : null;
    const shown = conversation?.kind === 'ok' ? conversation.data : null;
    recorder.write({
      k: 'walk',
      user: person.id,
      conversation: room.id,
      status,
      lastSeq: shown?.lastSeq ?? 0,
      lastRev: shown?.lastRev ?? 0,
      readSeq: shown?.me.readSeq ?? 0,
      unread: shown?.me.unread ?? 0,
      mentions: shown?.me.mentions ?? 0,
      markedUnread: shown?.me.markedUnread ?? false,
      messages,
    });
  });
}
