import type { Ack, CommandInput, CommandName, CommandResult } from '@parley/protocol';
import type { Auth } from '../driver/raw-socket.js';
import { RawSocket } from '../driver/raw-socket.js';
import type { Tally } from './tally.js';

/** `42["changes",…`: the name of the event. */
const NAME = /^42\["([^"]+)"/;
/** The budget in an ack has digits that depend on the clock. */
const BUDGET = /"rate":\{[^}]*\}/;

/** A connection whose frames are counted by event, with their bytes. */
export class CountedPerson {
  private readonly acks = new Map<number, (answer: Ack<unknown>) => void>();
  private socket: RawSocket | undefined;

  private constructor(private readonly tally: Tally) {}

  static async connect(url: string, auth: Auth, tally: Tally): Promise<CountedPerson> {
    const person = new CountedPerson(tally);
    person.socket = await RawSocket.open(url, auth, {
      event: (frame) => {
        const name = NAME.exec(frame.toString('latin1', 0, 64))?.[1] ?? 'unknown';
        tally.add(`frames: ${name}`);
        tally.add(`bytes: ${name}`, frame.length);
      },
      ack: (id, text) => {
        tally.add('frames: ack');
        tally.add('bytes: ack without its budget', text.replace(BUDGET, '').length);
        const [answer] = JSON.parse(text) as [Ack<unknown>];
        person.acks.get(id)?.(answer);
        person.acks.delete(id);
      },
      closed: () => tally.add('closed connections'),
    });
    return person;
  }

  /** Resolves with the answer of a command that worked. */
  async command<K extends CommandName>(name: K, input: CommandInput<K>): Promise<CommandResult<K>> {
    const { socket } = this;
    if (!socket) throw new Error('This person is not connected');
    const answer = await new Promise<Ack<unknown>>((resolve) => {
      this.acks.set(socket.command(name, input), resolve);
    });
    if (!answer.ok) throw new Error(`${name}: ${answer.error.code} ${answer.error.message}`);
    return answer.data as CommandResult<K>;
  }

  get pings(): number {
    return this.socket?.pings ?? 0;
  }

  close(): void {
    this.socket?.close();
  }
}
