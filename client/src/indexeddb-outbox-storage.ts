import type { OutboxEntry, OutboxStorage } from './outbox-storage.js';

const DATABASE = 'parley';
const STORE = 'outbox';
const VERSION = 1;

type StoredEntry = OutboxEntry & { readonly userId: string };

/** The browser's: outlives a reload and a crash, and is shared by the tabs of one origin. */
export class IndexedDbOutboxStorage implements OutboxStorage {
  private database: Promise<IDBDatabase> | null = null;

  async load(userId: string): Promise<OutboxEntry[]> {
    const store = await this.store('readonly');
    const rows = (await settled(store.index('userId').getAll(userId))) as StoredEntry[];
    return rows.map(({ userId: _owner, ...entry }) => entry);
  }

  async put(userId: string, entry: OutboxEntry): Promise<void> {
    const store = await this.store('readwrite');
    store.put({ ...entry, userId } satisfies StoredEntry);
    await committed(store.transaction);
  }

  async remove(userId: string, clientMessageId: string): Promise<void> {
    const store = await this.store('readwrite');
    store.delete([userId, clientMessageId]);
    await committed(store.transaction);
  }

  private async store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    this.database ??= this.open();
    const database = await this.database;
    // `strict`: the browser answers when the entry is on disk, not when it is on its way there.
    return database.transaction(STORE, mode, { durability: 'strict' }).objectStore(STORE);
  }

  /** What failed, or was closed by the browser, is opened anew by the next call. */
  private async open(): Promise<IDBDatabase> {
    const forget = () => {
      this.database = null;
    };
    try {
      const database = await open();
      database.onclose = forget;
      database.onversionchange = () => {
        database.close();
        forget();
      };
      return database;
    } catch (error) {
      forget();
      throw error;
    }
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, VERSION);
  request.onupgradeneeded = () => {
    const store = request.result.createObjectStore(STORE, { keyPath: ['userId', 'clientMessageId'] });
    store.createIndex('userId', 'userId');
  };
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error('IndexedDB failed'));
    };
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = () => {
      reject(transaction.error ?? new Error('IndexedDB gave up'));
    };
  });
}
