import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutboxEntry, OutboxStorage } from './outbox-storage.js';

const SAFE_NAME = /^[A-Za-z0-9_-]+$/;

/** For bots: a file an entry, in a folder a user. Written beside and renamed, so that a crash leaves no half of one. */
export class FileOutboxStorage implements OutboxStorage {
  constructor(private readonly folder: string) {}

  async load(userId: string): Promise<OutboxEntry[]> {
    const folder = this.folderOf(userId);
    const names = await readdir(folder).catch(unless('ENOENT', []));
    const texts = await Promise.all(
      names
        .filter((name) => name.endsWith('.json'))
        // One that was sent and removed since the folder was read is no failure.
        .map((name) => readFile(join(folder, name), 'utf8').catch(unless('ENOENT', null))),
    );
    return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as OutboxEntry]));
  }

  async put(userId: string, entry: OutboxEntry): Promise<void> {
    const folder = this.folderOf(userId);
    await mkdir(folder, { recursive: true });
    const path = this.pathOf(userId, entry.clientMessageId);
    const draft = await open(`${path}.part`, 'w', 0o600);
    try {
      await draft.writeFile(JSON.stringify(entry));
      await draft.sync();
    } finally {
      await draft.close();
    }
    await rename(`${path}.part`, path);
    await syncFolder(folder);
  }

  async remove(userId: string, clientMessageId: string): Promise<void> {
    await rm(this.pathOf(userId, clientMessageId), { force: true });
  }

  private folderOf(userId: string): string {
    return join(this.folder, checked(userId));
  }
  private pathOf(userId: string, clientMessageId: string): string {
    return join(this.folderOf(userId), `${checked(clientMessageId)}.json`);
  }
}

/** A new name is on disk when its folder is. Windows can not open folders, and needs no such thing. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}

function unless<T>(code: string, value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && Reflect.get(error, 'code') === code) return value;
    throw error;
  };
}

/** Ids become file names. */
function checked(name: string): string {
  if (!SAFE_NAME.test(name)) throw new Error('An id may hold letters, digits, - and _ only');
  return name;
}
