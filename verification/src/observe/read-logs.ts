import type { Conversation, Member, Message, MessagePage } from '@parley/protocol';
import { seenOf } from '../recording/digest.js';
import type { DatabaseRow } from '../recording/entries.js';
import type { Recorder } from '../recording/recorder.js';
import type { Person, Room } from '../workload/people.js';
import { inParallel } from '../workload/people.js';

const AT_ONCE = 4;
const PAGE = 100;

/**
 * Against somebody's own install, where nobody shows us the database: each log as its owner reads it over REST, page
 * by page to its beginning, written down as what is stored. Nothing may happen in the conversations meanwhile.
 */
export async function readLogs(people: Person[], rooms: Room[], recorder: Recorder): Promise<void> {
  await inParallel(rooms, AT_ONCE, async ({ id, owner }) => {
    const get = async <T>(path: string): Promise<T> => {
      const outcome = await owner.session.settle<T>('GET', `/conversations/${id}${path}`);
      if (outcome.kind !== 'ok') throw new Error(`its owner can not read ${id}${path}`);
      return outcome.data;
    };
    const { lastSeq, lastRev } = await get<Conversation>('');
    const rows: DatabaseRow[] = [];
    for (let before = ''; ;) {
      const { items, hasBefore } = await get<MessagePage>(`/messages?limit=${String(PAGE)}${before}`);
      rows.unshift(...items.map(rowOf));
      const [first] = items;
      if (!hasBefore || first === undefined) break;
      before = `&before=${String(first.seq)}`;
    }
    const members = new Set<string>();
    for (let cursor = ''; ;) {
      const page = await get<{ items: Member[]; nextCursor: string | null }>(
        `/members?limit=${String(PAGE)}${cursor}`,
      );
      for (const { user } of page.items) members.add(user.id);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
    }
    recorder.write({
      k: 'database',
      conversation: id,
      lastSeq,
      lastRev,
      rows,
      // How far somebody has read is told to themselves alone; the judge of read pointers is not asked.
      members: people.map((person) => ({ user: person.id, readSeq: 0, left: !members.has(person.id) })),
    });
  });
}

function rowOf(message: Message): DatabaseRow {
  const { id, seq, rev, sender, clientMessageId, kind, core } = seenOf(message);
  const system =
    message.system === null
      ? null
      : {
          type: message.system.type,
          userIds: 'userIds' in message.system ? [...message.system.userIds] : [],
        };
  return { id, seq, rev, sender, clientMessageId, kind, core, deleted: message.deletedAt !== null, system };
}
