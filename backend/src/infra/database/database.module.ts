import { Global, Module } from '@nestjs/common';
import { Dependencies } from '../health/dependencies.js';
import { Database } from './database.js';
import { SweepClock } from './sweep-clock.js';
import { Durability } from './durability.js';
import { LogPool } from './log-pool.js';

@Global()
@Module({ providers: [Database, Durability, LogPool, SweepClock], exports: [Database, LogPool, SweepClock] })
export class DatabaseModule {
  constructor(dependencies: Dependencies, database: Database, durability: Durability) {
    dependencies.add({
      name: 'postgres',
      required: true,
      async ping() {
        const milliseconds = await database.ping();
        await durability.ensure();
        return milliseconds;
      },
    });
  }
}
