import { v7 as newId } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogFixture } from './log-fixture.js';

let log: LogFixture;
let ada: string;
let bob: string;
let cy: string;

beforeAll(async () => {
  log = await LogFixture.start();
  ({ ada, bob, cy } = log);
});
afterAll(() => log.stop());

describe('changes of a message', () => {
  it('takes one rev for what changes something and none for what does not', async () => {
    const { conversation_id: conversation } = await log.createGroup([bob]);
    const [sent] = await log.send([{ conversation, sender: ada, clientId: 'm' }]);
    const id = sent?.id ?? '';
    const steps: [string, unknown[], string, number][] = [
      ['edit_message($1,$2,$3,NULL,NULL,false)', [id, ada, 'new text'], 'changed', 3],
      ['edit_message($1,$2,$3,NULL,NULL,false)', [id, ada, 'new text'], 'unchanged', 3],
      ['edit_message($1,$2,$3,2,NULL,false)', [id, ada, 'stale'], 'conflict', 0],
      ['edit_message($1,$2,$3,NULL,NULL,false)', [id, ada, ''], 'empty', 0],
      ['edit_message($1,$2,$3,NULL,NULL,false)', [id, bob, 'not mine'], 'forbidden', 0],
      ['edit_message($1,$2,$3,NULL,NULL,false)', [id, cy, 'no member'], 'not_found', 0],
      ['set_reaction($1,$2,$3,true)', [id, bob, '👍'], 'changed', 4],
      ['set_reaction($1,$2,$3,true)', [id, bob, '👍'], 'unchanged', 4],
      ['set_reaction($1,$2,$3,false)', [id, ada, '👍'], 'unchanged', 4],
      ['set_pin($1,$2,true)', [id, bob], 'forbidden', 0],
      ['set_pin($1,$2,true)', [id, ada], 'changed', 5],
      ['set_pin($1,$2,true)', [id, ada], 'unchanged', 5],
      ['delete_message($1,$2)', [id, bob], 'forbidden', 0],
      ['delete_message($1,$2)', [id, ada], 'changed', 6],
      ['delete_message($1,$2)', [id, ada], 'unchanged', 6],
      ['set_reaction($1,$2,$3,true)', [id, bob, '👍'], 'conflict', 0],
      ['edit_message($1,$2,$3,NULL,NULL,false)', [id, ada, 'too late'], 'conflict', 0],
      ['delete_message($1,$2)', [newId(), ada], 'not_found', 0],
    ];
    for (const [call, values, status, rev] of steps) {
      const answer = await log.change(call, values);
      expect([call, answer.status, answer.to_rev]).toEqual([call, status, rev]);
    }
    await log.expectDense(conversation);
    expect(await log.rows('SELECT text FROM message_edits WHERE message_id = $1', [id])).toEqual([]);
  });

  it('allows 20 different emoji on a message, and any number of people for each', async () => {
    const { conversation_id: conversation } = await log.createGroup([bob]);
    const [sent] = await log.send([{ conversation, sender: ada, clientId: 'm' }]);
    const react = (user: string, n: number) =>
      log.change('set_reaction($1,$2,$3,true)', [sent?.id, user, String.fromCodePoint(0x1f600 + n)]);
    for (let n = 0; n < 20; n += 1) expect((await react(ada, n)).status).toBe('changed');
    expect((await react(ada, 20)).status).toBe('conflict');
    expect((await react(bob, 19)).status).toBe('changed');
  });
});
