import { Module } from '@nestjs/common';
import { ChangeMe } from './change-me.js';
import { FindUsers } from './find-users.js';
import { UserChanges } from './user-changes.js';
import { UsersController } from './users.controller.js';
import { UsersStore } from './users.store.js';

@Module({
  controllers: [UsersController],
  providers: [ChangeMe, FindUsers, UserChanges, UsersStore],
  exports: [UserChanges, UsersStore],
})
export class UsersModule {}
