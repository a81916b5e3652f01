import { MemoryOutboxStorage, createClient } from '@parley/client';
import type { Conversation, Message, MessagePage, SyncAnswer } from '@parley/protocol';
import { sleep } from '../driver/outcome.js';
import { withDatabase } from './in-database.js';
import type { Story } from './story.js';
import { expect, until, value } from './story.js';
import { post, startGroup } from './talk.js';

export const pageRacesDelete: Story = {
  name: 'page-races-delete',
  sentence:
    'A page of the history that races a delete says which side of it it stands on: its lastRev and its content agree.',
  run: async (stage) => {
    const [owner, member] = [await stage.person(), await stage.person()];
    const group = await startGroup(owner, [member], 'page and delete');
    let before = 0;
    let after = 0;
    for (let turn = 0; turn < 40; turn += 1) {
      const message = await post(owner, group.id, `short-lived ${String(turn)}`);
      const path = `/conversations/${group.id}/messages?limit=5`;
      const reading = Array.from({ length: 4 }, async (_, index) => {
        await sleep(index * 2);
        return member.session.call<MessagePage>('GET', path);
      });
      const [deleted, ...pages] = await Promise.all([
        owner.session.call<Message>('DELETE', `/messages/${message.id}`),
        ...reading,
      ]);
      const { rev } = value(deleted as { kind: 'ok'; data: Message; status: number }, 'deleting');
      for (const outcome of pages) {
        const page = value(outcome as { kind: 'ok'; data: MessagePage; status: number }, 'reading a page');
        const shown = page.items.find(({ id }) => id === message.id);
        expect(shown !== undefined, 'the page lacks the message');
        const isDeleted = shown.deletedAt !== null;
        expect(
          isDeleted === page.lastRev >= rev,
          `the page at rev ${String(page.lastRev)} shows the message ${isDeleted ? 'deleted' : 'whole'}, the delete is rev ${String(rev)}`,
        );
        expect(!isDeleted || shown.text === '', 'a deleted message kept its text');
        if (isDeleted) after += 1;
        else before += 1;
      }
    }
    expect(before > 0 && after > 0, 'all pages were on one side: nothing raced');
    return { before, after };
  },
};

/** G6, and the limit that the contract names. */
const ANSWER_BYTES_MAX = 256 * 1_024;

export const firstSync: Story = {
  name: 'first-sync',
  sentence:
    'Somebody with many conversations gets all of them over the socket, in a bounded number of bounded answers.',
  run: async (stage) => {
    const wanted = 2_000;
    const [person, other] = [await stage.person(), await stage.person()];
    // By the function that the product calls too, without two thousand requests around it.
    const ids = await withDatabase(stage, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        `SELECT (create_conversation(gen_random_uuid(), gen_random_uuid(), 'group', $1, ARRAY[$2::uuid], 'private',
                                     'number ' || n || repeat(' of many', 8), NULL)).conversation_id AS id
           FROM generate_series(1, $3::int) n`,
        [person.id, other.id, wanted],
      );
      return new Set(rows.map(({ id }) => id));
    });
    const device = await stage.device(person, { opens: () => false });
    const told = new Set<string>();
    let answers = 0;
    let largest = 0;
    const start = Date.now();
    for (let cursor: string | undefined; ;) {
      const outcome = await device.command<SyncAnswer>('sync', {
        ...(cursor === undefined ? {} : { cursor }),
        conversations: {},
      });
      const answer = value(outcome, 'sync');
      answers += 1;
      largest = Math.max(largest, Buffer.byteLength(JSON.stringify(answer)));
      for (const conversation of answer.conversations) told.add(conversation.id);
      cursor = answer.cursor;
      if (!answer.hasMore) break;
      expect(answers < wanted, 'sync never ends');
    }
    const ms = Date.now() - start;
    expect(
      [...ids].every((id) => told.has(id)),
      `${String([...ids].filter((id) => !told.has(id)).length)} conversations were not told`,
    );
    expect(largest <= ANSWER_BYTES_MAX, `an answer has ${String(largest)} bytes`);
    return { conversations: wanted, answers, largestBytes: largest, ms };
  },
};

export const refreshCut: Story = {
  name: 'refresh-cut-after-commit',
  sentence:
    'A token refresh whose answer is lost after COMMIT signs nobody out: the same cookie works again.',
  run: async (stage) => {
    const cutter = stage.setting.edges[0]?.cutter;
    const instance = stage.cluster.instances[0];
    expect(cutter !== undefined && instance !== undefined, 'no instance');
    const person = await stage.person();
    let cuts = 0;
    for (let turn = 0; turn < 8; turn += 1) {
      const before = cutter.cuts;
      cutter.armed = 1;
      const lost = await person.session.call('POST', '/auth/refresh', undefined, { to: instance.url });
      cutter.armed = 0;
      if (cutter.cuts > before) {
        cuts += 1;
        expect(
          lost.kind !== 'refused',
          `the cut refresh was refused: ${lost.kind === 'refused' ? lost.code : ''}`,
        );
      }
      expect(await person.session.refresh(), 'the session is over after a refresh without an answer');
      value(await person.session.call('GET', '/users/me'), 'using the new token');
    }
    expect(cuts > 0, 'no commit of a refresh was cut');
    return { refreshes: 8, cuts };
  },
};

export const poisonedRow: Story = {
  name: 'poisoned-row',
  sentence: 'One message that the database can not take fails alone: the strangers in its group are stored.',
  run: async (stage) => {
    const instance = stage.cluster.instances[0];
    const [owner, member] = [await stage.person(), await stage.person()];
    const group = await startGroup(owner, [member], 'poisoned');
    const device = await stage.device(owner, { socketUrl: instance?.url ?? '' });
    await withDatabase(stage, async (client) => {
      await client.query(`CREATE FUNCTION checker_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.text LIKE 'poison %' THEN RAISE EXCEPTION 'poisoned'; END IF; RETURN NEW; END $$`);
      await client.query(
        'CREATE TRIGGER checker_refuses BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION checker_refuses()',
      );
    });
    try {
      const send = (index: number): Promise<{ kind: string; why?: string; code?: string }> =>
        device.command('message:send', {
          conversationId: group.id,
          clientMessageId: `poisoned-${String(index)}`,
          text: index === 20 ? 'poison pill' : `healthy ${String(index)}`,
        });
      const outcomes = await Promise.all(Array.from({ length: 48 }, (_, index) => send(index)));
      const failed = outcomes.flatMap((outcome, index) => (outcome.kind === 'ok' ? [] : [index]));
      expect(
        failed.length === 1 && failed[0] === 20,
        `not answered ok: ${failed.join(', ')} (${failed.map((index) => outcomes[index]?.why ?? outcomes[index]?.code ?? '').join(', ')})`,
      );
      const shown = value(
        await owner.session.call<Conversation>('GET', `/conversations/${group.id}`),
        'reading',
      );
      expect(
        shown.lastSeq === 48,
        `the head is ${String(shown.lastSeq)}, 1 system message and 47 texts were expected`,
      );
      return { stored: 47, refused: 1 };
    } finally {
      await withDatabase(stage, async (client) => {
        await client.query('DROP TRIGGER checker_refuses ON messages');
        await client.query('DROP FUNCTION checker_refuses()');
      });
    }
  },
};

export const twoTabs: Story = {
  name: 'two-tabs',
  sentence: 'Two clients that send one stored queue at once make each message once, in its order.',
  run: async (stage) => {
    const [person, other] = [await stage.person(), await stage.person()];
    const group = await startGroup(person, [other], 'two tabs');
    const storage = new MemoryOutboxStorage();
    const open = async (): Promise<ReturnType<typeof createClient>> => {
      const client = createClient({ baseUrl: stage.cluster.url, outboxStorage: storage });
      await client.login({ username: person.name, password: person.password });
      return client;
    };
    const first = await open();
    const queued = 15;
    for (let index = 0; index < queued; index += 1) first.send(group.id, `tab ${String(index)}`);
    // It crashes with the queue half sent; two tabs take the rest up.
    first.close();
    const [left, right] = await Promise.all([open(), open()]);
    try {
      const stored = async (): Promise<Message[]> =>
        value(
          await person.session.settle<MessagePage>('GET', `/conversations/${group.id}/messages?limit=100`),
          'reading',
        ).items.filter(({ kind }) => kind === 'text');
      await until(async () => (await stored()).length >= queued, 20_000, 'the queue was not sent');
      await sleep(1_000);
      const texts = (await stored()).map(({ text }) => text);
      expect(
        texts.length === queued,
        `${String(texts.length)} messages of ${String(queued)} that were queued`,
      );
      expect(
        texts.every((text, index) => text === `tab ${String(index)}`),
        `the order is ${texts.join(', ')}`,
      );
      return { queued, stored: texts.length };
    } finally {
      left.close();
      right.close();
    }
  },
};
