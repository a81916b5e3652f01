import type { AccessToken } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { ParleyError } from '../infra/errors/parley-error.js';
import { Logger } from '../infra/logger/logger.js';
import { RateLimits } from '../infra/rate-limits/rate-limits.js';
import { Publisher } from '../realtime/publisher.js';
import { unauthenticated } from './access-token.strategy.js';
import { AccessTokens } from './access-tokens.js';
import type { LockedSession, SessionChange } from './auth.store.js';
import { AuthStore } from './auth.store.js';
import { RefreshChain } from './refresh-chain.js';
import type { RefreshToken } from './refresh-token.js';
import { refreshHash } from './refresh-token.js';
import { judgeRotation, withRotation } from './rotation.js';

export interface Refreshed {
  readonly answer: AccessToken;
  readonly refreshToken: string;
}

type Decision =
  | { kind: 'refreshed'; userId: string; token: RefreshToken }
  | { kind: 'refused'; error: ParleyError; reused: boolean };

const DAY_MS = 86_400_000;

/** Gives a new access token for a refresh token, and rotates it; rules in `rotation.ts`. */
@Injectable()
export class Refresh {
  constructor(
    private readonly config: Config,
    private readonly limits: RateLimits,
    private readonly store: AuthStore,
    private readonly chain: RefreshChain,
    private readonly accessTokens: AccessTokens,
    private readonly publisher: Publisher,
    private readonly logger: Logger,
  ) {}

  /** Throws UNAUTHENTICATED or SESSION_REVOKED. */
  async execute(text: string | undefined, address: string): Promise<Refreshed> {
    await this.limits.consume('refreshesPerMinutePerAddress', address);
    const token = text === undefined ? null : this.chain.tokens.read(text);
    if (!token) throw unauthenticated();
    const decision = await this.store.withLockedSession(token.sessionId, (session) =>
      this.decide(token, session),
    );
    if (decision.kind === 'refused') {
      if (decision.reused) {
        this.logger.warn('A refresh token was used again: its session has ended', {
          sessionId: token.sessionId,
        });
        this.publisher.endSession(token.sessionId, 'revoked');
      }
      throw decision.error;
    }
    const answer = await this.accessTokens.issue(decision.userId, token.sessionId);
    return { answer, refreshToken: decision.token.text };
  }

  /** Under the lock of the session's row, so that of raced refreshes one rotates and the others repeat. */
  private decide(
    presented: RefreshToken,
    session: LockedSession | null,
  ): { result: Decision; change: SessionChange | null } {
    const now = Date.now();
    if (!session || session.expiresAt.getTime() <= now) return refused(unauthenticated());
    if (session.endedAt !== null) return refused(ended());

    const verdict = judgeRotation(
      {
        generation: session.generation,
        recentRotations: session.recentRotations.map((at) => at.getTime()),
      },
      presented.generation,
      now,
    );
    if (verdict.kind === 'unknown') return refused(unauthenticated());
    if (verdict.kind === 'reused') return refused(ended(), { kind: 'end', reason: 'revoked' });

    const steps = verdict.kind === 'repeat' ? verdict.steps : 0;
    let newest = presented;
    for (let step = 0; step < steps; step += 1) newest = this.chain.tokens.successorOf(newest);
    // The tag says that this server made the token, the hash that it belongs to the chain of this session.
    if (refreshHash(newest) !== session.refreshHash) return refused(unauthenticated());
    if (verdict.kind === 'repeat') {
      return { result: { kind: 'refreshed', userId: session.userId, token: newest }, change: null };
    }

    const successor = this.chain.tokens.successorOf(newest);
    return {
      result: { kind: 'refreshed', userId: session.userId, token: successor },
      change: {
        kind: 'rotate',
        generation: successor.generation,
        refreshHash: refreshHash(successor),
        recentRotations: withRotation(
          session.recentRotations.map((at) => at.getTime()),
          now,
        ).map((at) => new Date(at)),
        expiresAt: new Date(now + this.config.tokens.refreshDays * DAY_MS),
      },
    };
  }
}

function ended(): ParleyError {
  return new ParleyError('SESSION_REVOKED', 'This session has ended. Please sign in.');
}

function refused(
  error: ParleyError,
  change: SessionChange | null = null,
): { result: Decision; change: SessionChange | null } {
  return { result: { kind: 'refused', error, reused: change !== null }, change };
}
