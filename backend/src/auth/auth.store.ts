import type { AccountRole, Me, Session, SessionEndedEvent } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import type { Sql } from '../infra/database/database.js';
import { Database } from '../infra/database/database.js';
import type { MeRow } from '../users/user.view.js';
import { toMe } from '../users/user.view.js';

type EndReason = SessionEndedEvent['reason'];

export interface NewSession {
  readonly id: string;
  readonly userId: string;
  readonly refreshHash: string;
  readonly userAgent: string;
  readonly ip: string;
  readonly expiresAt: Date;
}

export interface SessionState {
  readonly userId: string;
  readonly role: AccountRole;
  readonly ended: boolean;
}

export interface LockedSession {
  readonly userId: string;
  readonly generation: number;
  readonly refreshHash: string;
  readonly recentRotations: readonly Date[];
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

export type SessionChange =
  | { kind: 'end'; reason: EndReason }
  | {
      kind: 'rotate';
      generation: number;
      refreshHash: string;
      recentRotations: readonly Date[];
      expiresAt: Date;
    };

export interface EndedSession {
  readonly id: string;
  readonly reason: EndReason;
}

export interface NewUser {
  readonly id: string;
  /** Lower case. */
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly passwordHash: string;
}

const ME_COLUMNS = `id, username, display_name AS "displayName", kind, created_at AS "createdAt", email, role`;
/** Any number that no other advisory lock of ours uses. */
const FIRST_ACCOUNT_LOCK = 4_871_001;
const UNIQUE_VIOLATION = '23505';

/** Accounts as far as signing in needs them, password hashes, and sessions. */
@Injectable()
export class AuthStore {
  constructor(private readonly database: Database) {}

  async isUsernameTaken(username: string): Promise<boolean> {
    const rows = await this.database.query('SELECT 1 FROM users WHERE username = $1', [username]);
    return rows.length > 0;
  }

  /**
   * The first account is the admin's. While there is none, registrations wait for each other, so that of two at
   * once exactly one is first. Its first session is made with it.
   */
  async createUser(
    user: NewUser,
    session: NewSession,
  ): Promise<{ user: Me } | { taken: 'username' | 'email' }> {
    try {
      return await this.database.transaction(async (sql) => {
        const isEmpty = async (): Promise<boolean> =>
          (await sql.query('SELECT 1 FROM users LIMIT 1')).length === 0;
        const mayBeFirst = await isEmpty();
        if (mayBeFirst) await sql.query('SELECT pg_advisory_xact_lock($1)', [FIRST_ACCOUNT_LOCK]);
        const role = mayBeFirst && (await isEmpty()) ? 'admin' : 'member';
        const [row] = await sql.query<MeRow>(
          `INSERT INTO users (id, username, display_name, email, password_hash, role)
           VALUES ($1, $2, $3, $4, $5, $6)
           RETURNING ${ME_COLUMNS}`,
          [user.id, user.username, user.displayName, user.email, user.passwordHash, role],
        );
        if (!row) throw new Error('PostgreSQL did not return the account it made');
        await insertSession(sql, session);
        return { user: toMe(row) };
      });
    } catch (error) {
      const taken = takenField(error);
      if (taken === null) throw error;
      return { taken };
    }
  }

  async findCredentials(username: string): Promise<{ user: Me; passwordHash: string | null } | null> {
    const [row] = await this.database.query<MeRow & { passwordHash: string | null }>(
      `SELECT ${ME_COLUMNS}, password_hash AS "passwordHash" FROM users
        WHERE username = $1 AND kind <> 'deleted'`,
      [username],
    );
    return row ? { user: toMe(row), passwordHash: row.passwordHash } : null;
  }

  async createSession(session: NewSession): Promise<void> {
    await insertSession(this.database, session);
  }

  /** With every request: one look-up by primary key, joined to the role. */
  async findSession(id: string): Promise<SessionState | null> {
    const [row] = await this.database.query<{ user_id: string; role: AccountRole; ended: boolean }>(
      `SELECT s.user_id, u.role, s.ended_at IS NOT NULL OR s.expires_at <= now() AS ended
         FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.id = $1`,
      [id],
    );
    return row ? { userId: row.user_id, role: row.role, ended: row.ended } : null;
  }

  /**
   * Reads the session under its row's lock and makes the change that `decide` returns in the same transaction.
   * `decide` may be called again after a deadlock.
   */
  async withLockedSession<T>(
    id: string,
    decide: (session: LockedSession | null) => { result: T; change: SessionChange | null },
  ): Promise<T> {
    return this.database.transaction(async (sql) => {
      const [row] = await sql.query<{
        user_id: string;
        generation: number;
        refresh_hash: string;
        recent_rotations: Date[];
        expires_at: Date;
        ended_at: Date | null;
      }>(
        `SELECT user_id, generation, refresh_hash, recent_rotations, expires_at, ended_at
           FROM sessions WHERE id = $1 FOR UPDATE`,
        [id],
      );
      const { result, change } = decide(
        row
          ? {
              userId: row.user_id,
              generation: row.generation,
              refreshHash: row.refresh_hash,
              recentRotations: row.recent_rotations,
              expiresAt: row.expires_at,
              endedAt: row.ended_at,
            }
          : null,
      );
      if (change?.kind === 'end') {
        await sql.query(
          'UPDATE sessions SET ended_at = now(), end_reason = $2 WHERE id = $1 AND ended_at IS NULL',
          [id, change.reason],
        );
      } else if (change) {
        await sql.query(
          `UPDATE sessions SET generation = $2, refresh_hash = $3, recent_rotations = $4, expires_at = $5,
                               last_used_at = now()
            WHERE id = $1`,
          [id, change.generation, change.refreshHash, change.recentRotations, change.expiresAt],
        );
      }
      return result;
    });
  }

  /** The sessions that are open, last used first. */
  async listSessions(userId: string): Promise<Omit<Session, 'current'>[]> {
    const rows = await this.database.prisma.session.findMany({
      where: { userId, endedAt: null, expiresAt: { gt: new Date() } },
      orderBy: { lastUsedAt: 'desc' },
      select: { id: true, userAgent: true, ip: true, createdAt: true, lastUsedAt: true, expiresAt: true },
    });
    return rows.map((row) => ({
      ...row,
      createdAt: row.createdAt.toISOString(),
      lastUsedAt: row.lastUsedAt.toISOString(),
      expiresAt: row.expiresAt.toISOString(),
    }));
  }

  /** Whether there was such a session of the person, open until now. */
  async endSession(userId: string, id: string, reason: EndReason): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE sessions SET ended_at = now(), end_reason = $3
        WHERE id = $1 AND user_id = $2 AND ended_at IS NULL RETURNING id`,
      [id, userId, reason],
    );
    return rows.length > 0;
  }

  /** The ids that were ended. */
  async endOtherSessions(userId: string, exceptId: string): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `UPDATE sessions SET ended_at = now(), end_reason = 'revoked'
        WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL RETURNING id`,
      [userId, exceptId],
    );
    return rows.map(({ id }) => id);
  }

  async findPasswordHash(userId: string): Promise<string | null> {
    const row = await this.database.prisma.user.findUnique({
      where: { id: userId },
      select: { passwordHash: true },
    });
    return row?.passwordHash ?? null;
  }

  /** Both or neither: a new password must not leave a session of the old one open. Returns the ids ended. */
  async changePassword(change: {
    userId: string;
    passwordHash: string;
    exceptSessionId: string;
  }): Promise<string[]> {
    return this.database.transaction(async (sql) => {
      await sql.query('UPDATE users SET password_hash = $2, updated_at = now() WHERE id = $1', [
        change.userId,
        change.passwordHash,
      ]);
      const rows = await sql.query<{ id: string }>(
        `UPDATE sessions SET ended_at = now(), end_reason = 'revoked'
          WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL RETURNING id`,
        [change.userId, change.exceptSessionId],
      );
      return rows.map(({ id }) => id);
    });
  }

  async sessionsEndedSince(since: Date): Promise<EndedSession[]> {
    const rows = await this.database.query<{ id: string; end_reason: EndReason | null }>(
      'SELECT id, end_reason FROM sessions WHERE ended_at >= $1',
      [since],
    );
    return rows.map(({ id, end_reason }) => ({ id, reason: end_reason ?? 'revoked' }));
  }

  /** Those of the given sessions that have ended, been deleted, or whose person has gone. */
  async sessionsEndedAmong(ids: readonly string[]): Promise<EndedSession[]> {
    const rows = await this.database.query<{ id: string; end_reason: EndReason | null }>(
      `SELECT held.id, s.end_reason
         FROM unnest($1::uuid[]) AS held(id) LEFT JOIN sessions s ON s.id = held.id
        WHERE s.id IS NULL OR s.ended_at IS NOT NULL`,
      [ids],
    );
    return rows.map(({ id, end_reason }) => ({ id, reason: end_reason ?? 'revoked' }));
  }
}

async function insertSession(sql: Sql, session: NewSession): Promise<void> {
  await sql.query(
    `INSERT INTO sessions (id, user_id, refresh_hash, user_agent, ip, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [session.id, session.userId, session.refreshHash, session.userAgent, session.ip, session.expiresAt],
  );
}

/** Which unique column a violation is about. */
function takenField(error: unknown): 'username' | 'email' | null {
  if (typeof error !== 'object' || error === null || Reflect.get(error, 'code') !== UNIQUE_VIOLATION)
    return null;
  return String(Reflect.get(error, 'constraint')).includes('email') ? 'email' : 'username';
}
