import type { Me, SignedIn } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { newId } from '../infra/new-id.js';
import { AccessTokens } from './access-tokens.js';
import type { NewSession } from './auth.store.js';
import { AuthStore } from './auth.store.js';
import { RefreshChain } from './refresh-chain.js';
import { refreshHash } from './refresh-token.js';

/** The device that signs in, as it names itself. */
export interface Device {
  readonly userAgent: string;
  readonly address: string;
}

export interface StartedSession {
  readonly answer: SignedIn;
  readonly refreshToken: string;
}

/** A session that is not stored yet, and the token that renews it. */
export interface PreparedSession {
  readonly session: NewSession;
  readonly refreshToken: string;
}

/** Browsers send up to some hundred characters; more is not a name of a device. */
const USER_AGENT_MAX = 300;
const DAY_MS = 86_400_000;

/** Makes the session of somebody who has just proved who they are. */
@Injectable()
export class StartSession {
  constructor(
    private readonly config: Config,
    private readonly store: AuthStore,
    private readonly chain: RefreshChain,
    private readonly accessTokens: AccessTokens,
  ) {}

  async execute(user: Me, device: Device): Promise<StartedSession> {
    const prepared = this.prepare(user.id, device);
    await this.store.createSession(prepared.session);
    return this.answer(user, prepared);
  }

  /** For whoever stores it together with something else. */
  prepare(userId: string, device: Device): PreparedSession {
    const sessionId = newId();
    const refreshToken = this.chain.tokens.first(sessionId);
    const session = {
      id: sessionId,
      userId,
      refreshHash: refreshHash(refreshToken),
      userAgent: device.userAgent.slice(0, USER_AGENT_MAX),
      ip: device.address,
      expiresAt: new Date(Date.now() + this.config.tokens.refreshDays * DAY_MS),
    };
    return { session, refreshToken: refreshToken.text };
  }

  async answer(user: Me, { session, refreshToken }: PreparedSession): Promise<StartedSession> {
    const { accessToken, expiresIn } = await this.accessTokens.issue(user.id, session.id);
    return { answer: { user, accessToken, expiresIn }, refreshToken };
  }
}
