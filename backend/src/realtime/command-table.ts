import type { CommandName } from '@parley/protocol';
import { commands } from '@parley/protocol';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { Caller } from './command.js';
import { commandNameOf, isCommandGateway } from './command.js';

type Handler = (input: object, caller: Caller) => Promise<unknown>;

/**
 * The one dispatch table: command name to the bound method of a feature's gateway. It is made once a process,
 * where Nest's own binding makes one RxJS chain a handler a socket.
 */
@Injectable()
export class CommandTable implements OnApplicationBootstrap {
  private readonly handlers = new Map<CommandName, Handler>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onApplicationBootstrap(): void {
    for (const { instance, metatype } of this.discovery.getProviders()) {
      if (typeof metatype !== 'function' || !isCommandGateway(metatype)) continue;
      if (typeof instance !== 'object' || instance === null) continue;
      this.bind(instance as Record<string, unknown>);
    }
  }

  find(name: CommandName): Handler | undefined {
    return this.handlers.get(name);
  }

  names(): CommandName[] {
    return [...this.handlers.keys()];
  }

  private bind(gateway: Record<string, unknown>): void {
    for (const key of this.scanner.getAllMethodNames(Object.getPrototypeOf(gateway) as object)) {
      const method = gateway[key];
      const name = typeof method === 'function' ? commandNameOf(method) : undefined;
      if (typeof method !== 'function' || name === undefined) continue;
      if (this.handlers.has(name)) throw new Error(`The command ${name} is bound twice`);
      this.handlers.set(name, method.bind(gateway) as Handler);
    }
  }
}

export function isCommandName(name: unknown): name is CommandName {
  return typeof name === 'string' && Object.hasOwn(commands, name);
}
