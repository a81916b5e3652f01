import { ApiPerson } from '../support/api.js';
import { composer, listEntry, message, say } from '../support/screen.js';
import { expect, test } from '../support/test.js';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

test('on a phone: list, conversation, back, details, back', async ({ person }) => {
  const ada = await person('Ada Phone', PHONE);
  const api = await ApiPerson.register('Cleo Program');
  const { id } = await api.start({ kind: 'group', memberIds: [ada.user.id], title: 'Pocket' });
  await api.send(id, 'hello pocket');
  const list = ada.page.getByRole('navigation', { name: 'Conversations' });

  await listEntry(ada.page, 'Pocket').tap();
  await expect(list).toBeHidden();
  await expect(message(ada.page, 'hello pocket')).toBeVisible();
  await say(ada.page, 'hello from the pocket');
  await expect(
    message(ada.page, 'hello from the pocket').getByRole('img', { name: /Sent|Read/ }),
  ).toBeVisible();
  await expect(composer(ada.page)).toBeInViewport({ ratio: 1 });

  await ada.page.getByRole('heading', { name: 'Pocket' }).tap();
  await expect(ada.page.getByRole('complementary', { name: 'Conversation details' })).toBeVisible();
  await expect(ada.page.getByText('Ada Phone (you)')).toBeVisible();
  await ada.page.goBack();
  await expect(ada.page.getByRole('complementary', { name: 'Conversation details' })).toBeHidden();
  await expect(message(ada.page, 'hello pocket')).toBeVisible();

  await ada.page.getByRole('link', { name: 'Back to the conversations' }).tap();
  await expect(list).toBeVisible();
  await expect(listEntry(ada.page, 'Pocket')).toContainText('hello from the pocket');

  // Nothing is wider than the screen.
  expect(await ada.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
});

test('on a phone: a long press opens what can be done with a message', async ({ person }) => {
  const ada = await person('Ada Press', PHONE);
  const api = await ApiPerson.register('Cleo Program');
  const { id } = await api.start({ kind: 'direct', memberIds: [ada.user.id] });
  await api.send(id, 'press me');
  await ada.page.goto(`/c/${id}`);
  const box = await message(ada.page, 'press me').getByText('press me').boundingBox();
  if (box === null) throw new Error('The message is not on the screen.');
  const touch = await ada.page.context().newCDPSession(ada.page);
  const point = { x: box.x + 10, y: box.y + box.height / 2 };
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [point] });
  await expect(ada.page.getByRole('dialog', { name: 'Message' })).toBeVisible();
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await ada.page.getByRole('button', { name: 'Heart', exact: true }).tap();
  await expect(message(ada.page, 'press me').getByRole('button', { name: /❤️ 1: You/ })).toBeVisible();
});
