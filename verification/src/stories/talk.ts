import type { Conversation, Message } from '@parley/protocol';
import type { Device } from '../driver/device.js';
import type { Person } from '../workload/people.js';
import type { Stage } from './story.js';
import { value } from './story.js';

/** What stories say and ask over and over. */

let count = 0;

export async function startGroup(owner: Person, members: Person[], title: string): Promise<Conversation> {
  const body = { kind: 'group', memberIds: members.map(({ id }) => id), title };
  return value(await owner.session.settle<Conversation>('POST', '/conversations', body), 'starting a group');
}

export async function post(person: Person, conversationId: string, text: string): Promise<Message> {
  count += 1;
  const body = { clientMessageId: `story-${person.name}-${String(count)}`, text };
  return value(
    await person.session.settle<Message>('POST', `/conversations/${conversationId}/messages`, body),
    'sending',
  );
}

export function shows(device: Device, conversationId: string): { rev: number; seqs: number[] } {
  const window = device.rooms.get(conversationId)?.window;
  return {
    rev: window?.rev ?? 0,
    seqs: [...(window?.messages.keys() ?? [])].sort((left, right) => left - right),
  };
}

/** Whether the device shows the conversation, to the last message. */
export function isAt(device: Device, conversationId: string, seq: number): boolean {
  return shows(device, conversationId).seqs.at(-1) === seq;
}

/** Frames of a conversation that a device of the stage was sent since a moment of its recording. */
export function framesSince(stage: Stage, device: Device, conversationId: string, since: number): number {
  return stage.recorder.entries.filter(
    (entry) =>
      entry.k === 'frame' &&
      entry.device === device.name &&
      entry.conversation === conversationId &&
      entry.t > since,
  ).length;
}
