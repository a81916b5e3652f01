import type { AccountRole, Me, User, UserKind } from '@parley/protocol';

/** What is read of a person wherever one is shown. */
export interface UserRow {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly kind: UserKind;
  readonly createdAt: Date;
}

/** What a person sees of their own account. */
export interface MeRow extends UserRow {
  readonly email: string | null;
  readonly role: AccountRole;
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    username: row.username,
    displayName: row.displayName,
    // Avatars come with files.
    avatarUrl: null,
    kind: row.kind,
    createdAt: row.createdAt.toISOString(),
  };
}

export function toMe(row: MeRow): Me {
  return { ...toUser(row), email: row.email, role: row.role };
}
