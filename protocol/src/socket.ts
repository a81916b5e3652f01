/** The typed maps of Socket.IO, for `Server`, `Socket` and the client's `Socket` alike. */
import type { Ack, CommandInput, CommandName, CommandResult } from './commands.js';
import type { EventName, ServerEvents } from './events.js';

export type ClientToServerEvents = {
  [K in CommandName]: (input: CommandInput<K>, ack: (answer: Ack<CommandResult<K>>) => void) => void;
};

export type ServerToClientEvents = {
  [K in EventName]: (payload: ServerEvents[K]) => void;
};

/** What a client gives in the handshake; never in the URL. */
export interface HandshakeAuth {
  token: string;
  protocol: number;
}
