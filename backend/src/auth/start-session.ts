import type { Me, SignedIn } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { newId } from '../infra/new-id.js';
import { AccessTokens } from './access-tokens.js';
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
    const sessionId = newId();
    const refreshToken = this.chain.tokens.first(sessionId);
    await this.store.createSession({
      id: sessionId,
      userId: user.id,
      refreshHash: refreshHash(refreshToken),
      userAgent: device.userAgent.slice(0, USER_AGENT_MAX),
      ip: device.address,
      expiresAt: new Date(Date.now() + this.config.tokens.refreshDays * DAY_MS),
    });
    const { accessToken, expiresIn } = await this.accessTokens.issue(user.id, sessionId);
    return { answer: { user, accessToken, expiresIn }, refreshToken: refreshToken.text };
  }
}
