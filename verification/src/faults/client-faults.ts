import { sleep } from '../driver/outcome.js';
import { UnreadSocket } from '../driver/unread-socket.js';
import type { Frame } from '../recording/entries.js';
import type { Recorder } from '../recording/recorder.js';
import type { ManagedProcess } from '../run/cluster.js';
import type { Person, Room } from '../workload/people.js';
import type { Fault } from './fault.js';

const SOCKETS_EACH = 2;
const READY_WITHIN_MS = 5_000;
/** With this many of its changes on their way, the room was busy while nobody read. */
const CHANGES_AT_LEAST = 5;
const ASKS_EVERY_MS = 150;
/** Each question is about so many of the newest changes: an answer of some tens of kilobytes. */
const ASKED_CHANGES = 150;
const SETTLES_MS = 100;

/** Members of a busy conversation, some on each instance, that ask and ask and never read; nobody else may feel it. */
export function neverReads(
  instances: ManagedProcess[],
  { id: conversation, members }: Room,
  recorder: Recorder,
  forMs: number,
): Fault {
  const sockets: UnreadSocket[] = [];
  return {
    name: 'a client that never reads',
    target: 'clients',
    affects: 'client',
    process: null,
    blocking: false,
    // The proof is that nothing was read all the while, so the time passes before it is given.
    holdMs: 0,
    inject: async () => {
      for (const [index, { url, pid }] of instances.entries()) {
        if (pid === null) continue;
        for (let made = 0; made < SOCKETS_EACH; made += 1) {
          const member = members[(index * SOCKETS_EACH + made) % members.length];
          if (member !== undefined) sockets.push(new UnreadSocket(url, await tokenOf(member)));
        }
      }
      if (sockets.length === 0) throw new Error('no instance runs');
      await Promise.all(
        sockets.map(async (socket) => {
          await socket.open(READY_WITHIN_MS);
          socket.ask({});
          // It is in the room: what is sent there has reached it.
          await socket.hears(
            new RegExp(`\\["changes",[^\\x81]*"conversationId":"${conversation}"`),
            READY_WITHIN_MS,
          );
        }),
      );
      for (const socket of sockets) socket.stopReading();
      await sleep(SETTLES_MS);
      for (const socket of sockets) socket.settle();
      const before = recorder.entries.length;
      const since = Math.max(0, newestRev(recorder, conversation) - ASKED_CHANGES);
      const end = Date.now() + forMs;
      let waiting = 0;
      while (Date.now() < end) {
        for (const socket of sockets) socket.ask({ [conversation]: since });
        await sleep(ASKS_EVERY_MS);
        waiting = Math.max(
          waiting,
          sockets.reduce((sum, socket) => sum + socket.bytesWaiting, 0),
        );
      }
      const read = sockets.reduce((sum, socket) => sum + socket.bytesReadSince, 0);
      if (read > 0) throw new Error(`${String(read)} bytes were read`);
      const changes = changesSince(recorder, conversation, before);
      if (changes < CHANGES_AT_LEAST) throw new Error(`only ${String(changes)} changes went to its room`);
      return `${String(sockets.length)} sockets read 0 bytes of ${String(changes)} changes that others got; ${String(Math.round(waiting / 1_024))} kB wait in the kernel`;
    },
    heal: () => {
      for (const socket of sockets) socket.close();
      return Promise.resolve();
    },
  };
}

/** A fresh one: it is not to run out while nobody reads that it does. */
async function tokenOf({ session, name }: Person): Promise<string> {
  if (!(await session.refresh())) throw new Error(`${name} is signed out`);
  return session.accessToken;
}

function newestRev(recorder: Recorder, conversation: string): number {
  const frame = recorder.entries.findLast(
    (entry): entry is Frame => entry.k === 'frame' && entry.conversation === conversation,
  );
  return frame?.toRev ?? 0;
}

/** How many changes of the conversation reached anybody since that place of the recording. */
function changesSince(recorder: Recorder, conversation: string, from: number): number {
  const revs = new Set<number>();
  for (let index = from; index < recorder.entries.length; index += 1) {
    const entry = recorder.entries[index];
    if (entry?.k === 'frame' && entry.conversation === conversation) revs.add(entry.toRev);
  }
  return revs.size;
}
