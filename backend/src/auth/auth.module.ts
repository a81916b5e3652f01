import type { OnModuleInit } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { Config } from '../config/config.js';
import { ConnectionSources } from '../realtime/connection-sources.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { AccessTokens, tokenKey } from './access-tokens.js';
import { AccessGuard } from './access.guard.js';
import { AuthController } from './auth.controller.js';
import { AuthGateway } from './auth.gateway.js';
import { AuthStore } from './auth.store.js';
import { ChangePassword } from './change-password.js';
import { LogIn } from './log-in.js';
import { Passwords } from './passwords.js';
import { Refresh } from './refresh.js';
import { RefreshChain } from './refresh-chain.js';
import { Register } from './register.js';
import { SessionSweep } from './session-sweep.js';
import { Sessions } from './sessions.js';
import { StartSession } from './start-session.js';

@Module({
  imports: [
    JwtModule.registerAsync({
      inject: [Config],
      useFactory: (config: Config) => ({ secret: tokenKey(config) }),
    }),
  ],
  controllers: [AuthController],
  providers: [
    AccessTokenStrategy,
    AccessTokens,
    AuthGateway,
    AuthStore,
    ChangePassword,
    LogIn,
    Passwords,
    Refresh,
    RefreshChain,
    Register,
    SessionSweep,
    Sessions,
    StartSession,
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
})
export class AuthModule implements OnModuleInit {
  constructor(
    private readonly sources: ConnectionSources,
    private readonly tokens: AccessTokenStrategy,
  ) {}

  onModuleInit(): void {
    this.sources.provideAuthentication((token) => this.tokens.verify(token));
  }
}
