import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import type { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { ConversationsModule } from './conversations/conversations.module.js';
import { HealthModule } from './health/health.module.js';
import { InfraModule } from './infra/infra.module.js';
import { MessagingModule } from './messaging/messaging.module.js';
import { MonitoringModule } from './monitoring/monitoring.module.js';
import { PresenceModule } from './presence/presence.module.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { UsersModule } from './users/users.module.js';

/** The API process: all features. */
@Module({})
export class AppModule {
  static of(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.of(config),
        InfraModule,
        RealtimeModule,
        UsersModule,
        AuthModule,
        ConversationsModule,
        PresenceModule,
        MessagingModule,
        HealthModule,
        MonitoringModule,
      ],
    };
  }
}
