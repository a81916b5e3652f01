import { Injectable } from '@nestjs/common';
import { newId } from './new-id.js';

/** This start of this process. A restart is another instance, so that what the dead one left is not taken for alive. */
@Injectable()
export class Instance {
  readonly id = newId();
  readonly startedAt = new Date();
  private draining = false;

  get isDraining(): boolean {
    return this.draining;
  }

  startDraining(): void {
    this.draining = true;
  }
}
