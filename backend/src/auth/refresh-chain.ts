import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { RefreshTokens } from './refresh-token.js';

/** The refresh tokens of this installation. */
@Injectable()
export class RefreshChain {
  readonly tokens: RefreshTokens;

  constructor(config: Config) {
    this.tokens = new RefreshTokens(config.tokens.secret);
  }
}
