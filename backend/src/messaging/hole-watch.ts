import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Logger } from '../infra/logger/logger.js';
import { DeliveredLog } from './delivered-log.js';
import { HeadsSweep } from './heads-sweep.js';
import { RepairRoom } from './repair-room.js';

/** What the bus delivers late has come by then, and members begin to ask for what they lack only after 300 ms. */
const PATIENCE_MS = 200;

/**
 * Repairs a hole as soon as it is seen: one read and one frame here, where each member of the room would ask for the same.
 * One conversation after the other, since the database may just have come back; what is missed here, the sweep of heads sees.
 */
@Injectable()
export class HoleWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly waiting = new Map<string, NodeJS.Timeout>();
  private readonly due = new Set<string>();
  private working: Promise<void> | undefined;

  constructor(
    private readonly delivered: DeliveredLog,
    private readonly sweep: HeadsSweep,
    private readonly repairRoom: RepairRoom,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.delivered.whenHoleIsSeen((conversationId) => {
      if (this.waiting.has(conversationId) || this.due.has(conversationId)) return;
      const timer = setTimeout(() => {
        this.waiting.delete(conversationId);
        this.due.add(conversationId);
        this.working ??= this.work();
      }, PATIENCE_MS);
      this.waiting.set(conversationId, timer);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    for (const timer of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
    this.due.clear();
    await this.working;
  }

  /** Never rejects. */
  private async work(): Promise<void> {
    for (const conversationId of this.due) {
      this.due.delete(conversationId);
      try {
        await this.repair(conversationId);
      } catch (error) {
        this.logger.failure('A hole was not repaired at once', error, { conversationId }, 'warn');
      }
    }
    this.working = undefined;
  }

  private async repair(conversationId: string): Promise<void> {
    const hole = this.delivered.of(conversationId)?.holes;
    const since = this.sweep.sawAllUntil;
    // Before the first sweep it is not known since when the log must be read.
    if (hole && since) await this.repairRoom.execute(conversationId, hole, since);
  }
}
