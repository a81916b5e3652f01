import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database/database.js';
import type { MeRow, UserRow } from './user.view.js';

const USER_COLUMNS = `id, username, display_name AS "displayName", kind, created_at AS "createdAt"`;
const ME_COLUMNS = `${USER_COLUMNS}, email, role`;

export interface AccountChange {
  /** `null`: stays. */
  readonly displayName: string | null;
  /** `undefined`: stays; `null`: cleared. */
  readonly email: string | null | undefined;
}

export interface ChangedAccount {
  readonly row: MeRow;
  readonly nameChanged: boolean;
}

@Injectable()
export class UsersStore {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<MeRow | null> {
    const rows = await this.database.query<MeRow>(`SELECT ${ME_COLUMNS} FROM users WHERE id = $1`, [id]);
    return rows[0] ?? null;
  }

  findMany(ids: readonly string[], limit: number): Promise<UserRow[]> {
    return this.database.query<UserRow>(
      `SELECT ${USER_COLUMNS} FROM users WHERE id = ANY($1::uuid[])
        ORDER BY lower(display_name), id LIMIT $2`,
      [ids, limit],
    );
  }

  /** By a part of the username or display name; an empty part is in every name. */
  search(part: string, limit: number): Promise<UserRow[]> {
    return this.database.query<UserRow>(
      `SELECT ${USER_COLUMNS} FROM users
        WHERE kind <> 'deleted' AND (username LIKE lower($1) OR lower(display_name) LIKE lower($1))
        ORDER BY lower(display_name), id LIMIT $2`,
      [`%${escapeLike(part)}%`, limit],
    );
  }

  async change(id: string, change: AccountChange): Promise<ChangedAccount | 'email-taken' | null> {
    try {
      const rows = await this.database.query<MeRow & { nameChanged: boolean }>(
        `UPDATE users u
            SET display_name = coalesce($2, u.display_name),
                email = CASE WHEN $3 THEN $4 ELSE u.email END,
                updated_at = now()
           FROM (SELECT id AS old_id, display_name AS old_name FROM users WHERE id = $1 FOR UPDATE) old
          WHERE u.id = old.old_id
        RETURNING ${ME_COLUMNS}, display_name <> old.old_name AS "nameChanged"`,
        [id, change.displayName, change.email !== undefined, change.email ?? null],
      );
      const [row] = rows;
      return row ? { row, nameChanged: row.nameChanged } : null;
    } catch (error) {
      if (isUniqueViolation(error)) return 'email-taken';
      throw error;
    }
  }
}

/** The pattern characters of LIKE stand for themselves. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}

/** Of the account's columns that can be changed only the e-mail address is unique. */
function isUniqueViolation(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === '23505';
}
