import type { Message, MessagePage, ReadState, TouchedMessage } from '@parley/protocol';
import type { Device } from '../driver/device.js';
import type { Outcome } from '../driver/outcome.js';
import { seenOf } from '../recording/digest.js';
import type { Action } from '../recording/entries.js';
import type { Recorder } from '../recording/recorder.js';

interface Told {
  message?: Message;
  readSeq?: number;
  unread?: number;
  items?: number;
}

interface Doing<T> {
  action: Action;
  user: string;
  device: string | null;
  via: 'socket' | 'rest';
  conversation: string;
  messageId?: string;
  subjects?: string[];
  seq?: number;
  attempt?: number;
  run: () => Promise<Outcome<T>>;
  tells?: (data: T) => Told;
}

/** Does something and writes down that it was asked for and what became of it. */
export async function record<T>(recorder: Recorder, doing: Doing<T>): Promise<Outcome<T>> {
  const { run, tells, ...asked } = doing;
  const op = recorder.op();
  recorder.write({ k: 'invoke', op, target: null, ...asked });
  const outcome = await run();
  if (outcome.kind === 'refused') recorder.write({ k: 'fail', op, code: outcome.code });
  else if (outcome.kind === 'unknown') recorder.write({ k: 'info', op, why: outcome.why });
  else {
    const { message, ...told } = tells?.(outcome.data) ?? {};
    recorder.write({ k: 'ok', op, ...told, ...(message === undefined ? {} : { message: seenOf(message) }) });
  }
  return outcome;
}

export type How = 'socket' | 'rest';

function touch(
  device: Device,
  recorder: Recorder,
  action: 'edit' | 'delete' | 'react' | 'unreact',
  where: { conversation: string; messageId: string },
  how: How,
  command: { name: string; payload: object },
  request: { method: string; path: string; body?: object },
): Promise<Outcome<Message>> {
  return record<Message>(recorder, {
    action,
    user: device.userId,
    device: device.name,
    via: how,
    ...where,
    run: async () => {
      if (how === 'rest') return device.session.call<Message>(request.method, request.path, request.body);
      const answer = await device.command<TouchedMessage>(command.name, {
        messageId: where.messageId,
        ...command.payload,
      });
      return answer.kind === 'ok' ? { ...answer, data: answer.data.message } : answer;
    },
    tells: (message) => ({ message }),
  });
}

export function editMessage(
  device: Device,
  recorder: Recorder,
  where: { conversation: string; messageId: string },
  text: string,
  how: How,
): Promise<Outcome<Message>> {
  return touch(
    device,
    recorder,
    'edit',
    where,
    how,
    { name: 'message:edit', payload: { text } },
    { method: 'PATCH', path: `/messages/${where.messageId}`, body: { text } },
  );
}

export function deleteMessage(
  device: Device,
  recorder: Recorder,
  where: { conversation: string; messageId: string },
  how: How,
): Promise<Outcome<Message>> {
  return touch(
    device,
    recorder,
    'delete',
    where,
    how,
    { name: 'message:delete', payload: {} },
    { method: 'DELETE', path: `/messages/${where.messageId}` },
  );
}

export function react(
  device: Device,
  recorder: Recorder,
  where: { conversation: string; messageId: string },
  emoji: string,
  on: boolean,
  how: How,
): Promise<Outcome<Message>> {
  return touch(
    device,
    recorder,
    on ? 'react' : 'unreact',
    where,
    how,
    { name: on ? 'reaction:add' : 'reaction:remove', payload: { emoji } },
    {
      method: on ? 'PUT' : 'DELETE',
      path: `/messages/${where.messageId}/reactions/${encodeURIComponent(emoji)}`,
    },
  );
}

export function readUpTo(
  device: Device,
  recorder: Recorder,
  conversation: string,
  seq: number,
  how: How,
): Promise<Outcome<ReadState>> {
  return record<ReadState>(recorder, {
    action: 'read',
    user: device.userId,
    device: device.name,
    via: how,
    conversation,
    seq,
    run: () =>
      how === 'rest'
        ? device.session.call<ReadState>('PUT', `/conversations/${conversation}/read`, { seq })
        : device.command<ReadState>('conversation:read', { conversationId: conversation, seq }),
    tells: ({ readSeq, unread }) => ({ readSeq, unread }),
  });
}

/** Nothing is stored, and nothing answered that a judge could use: who is told of it is what counts. */
export async function startTyping(device: Device, conversation: string): Promise<void> {
  await device.command('typing:start', { conversationId: conversation });
}

/** A name that everybody hears of who shares a conversation. */
export async function rename(device: Device, displayName: string): Promise<void> {
  await device.session.call('PATCH', '/users/me', { displayName });
}

export function readHistory(
  device: Device,
  recorder: Recorder,
  conversation: string,
): Promise<Outcome<MessagePage>> {
  return record<MessagePage>(recorder, {
    action: 'history',
    user: device.userId,
    device: device.name,
    via: 'rest',
    conversation,
    run: () => device.session.call<MessagePage>('GET', `/conversations/${conversation}/messages?limit=20`),
    tells: ({ items }) => ({ items: items.length }),
  });
}
