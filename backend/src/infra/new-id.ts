import { v7 } from 'uuid';

/** A new UUIDv7 in lower case: its time prefix keeps primary keys close to insertion order. */
export function newId(): string {
  return v7();
}
