import type { DynamicModule } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { Config } from './config.js';

/** Makes the configuration, read once by the entry point, injectable everywhere. */
@Global()
@Module({})
export class ConfigModule {
  static of(config: Config): DynamicModule {
    return { module: ConfigModule, providers: [{ provide: Config, useValue: config }], exports: [Config] };
  }
}
