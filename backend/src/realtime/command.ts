import type { CommandInput, CommandName, CommandResult } from '@parley/protocol';
import { Injectable, SetMetadata, applyDecorators } from '@nestjs/common';

/** Who sent a command. */
export interface Caller {
  readonly userId: string;
  readonly sessionId: string;
  readonly socketId: string;
}

type CommandMethod<K extends CommandName> = (
  input: CommandInput<K>,
  caller: Caller,
) => Promise<CommandResult<K>>;

const GATEWAY_METADATA = Symbol('parley:command-gateway');
const COMMAND_METADATA = Symbol('parley:command');

/** Marks a provider whose `@Command` methods are bound into the dispatch table when the application starts. */
export function CommandGateway(): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(GATEWAY_METADATA, true));
}

/**
 * Binds a method to a command of the contract. It is called with the validated input and the caller; what it
 * returns is the `data` of the ack, what it throws the ack's error. A wrong name, input or result does not compile.
 */
export function Command<const K extends CommandName>(name: K) {
  return <M extends CommandMethod<K>>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    SetMetadata(COMMAND_METADATA, name)(target, key, descriptor);
  };
}

export function isCommandGateway(type: object): boolean {
  return Reflect.getMetadata(GATEWAY_METADATA, type) === true;
}

export function commandNameOf(method: object): CommandName | undefined {
  return Reflect.getMetadata(COMMAND_METADATA, method) as CommandName | undefined;
}
