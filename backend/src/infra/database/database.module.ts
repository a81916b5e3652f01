import { Global, Module } from '@nestjs/common';
import { Dependencies } from '../health/dependencies.js';
import { Database } from './database.js';
import { LogPool } from './log-pool.js';

@Global()
@Module({ providers: [Database, LogPool], exports: [Database, LogPool] })
export class DatabaseModule {
  constructor(dependencies: Dependencies, database: Database) {
    dependencies.add({ name: 'postgres', required: true, ping: () => database.ping() });
  }
}
