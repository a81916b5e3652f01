import type { Liveness, Readiness } from '@parley/protocol';
import { Injectable } from '@nestjs/common';
import { Dependencies } from '../infra/health/dependencies.js';
import { Instance } from '../infra/instance.js';
import { VERSION } from '../infra/version.js';

/** What an orchestrator and an operator ask about this process. */
@Injectable()
export class Health {
  constructor(
    private readonly dependencies: Dependencies,
    private readonly instance: Instance,
  ) {}

  live(): Liveness {
    return {
      status: 'ok',
      instanceId: this.instance.id,
      version: VERSION,
      uptimeSeconds: Math.floor((Date.now() - this.instance.startedAt.getTime()) / 1_000),
    };
  }

  /** Draining and a missing required dependency make it not ready; a missing other one degrades it. */
  async ready(): Promise<{ status: 200 | 503; readiness: Readiness }> {
    const dependencies = await this.dependencies.check();
    const down = Object.values(dependencies).filter(({ state }) => state === 'down');
    const status = this.instance.isDraining
      ? 'draining'
      : down.some(({ required }) => required)
        ? 'unavailable'
        : down.length > 0
          ? 'degraded'
          : 'ready';
    return {
      status: status === 'ready' || status === 'degraded' ? 200 : 503,
      readiness: { status, instanceId: this.instance.id, dependencies },
    };
  }
}
