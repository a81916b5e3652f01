/** What only Node has; apart from the main entry, so that a browser's bundle never meets `node:fs`. */
export { FileOutboxStorage } from './file-outbox-storage.js';
