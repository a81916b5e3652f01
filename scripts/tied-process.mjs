// A process that ends with the one that started it, even where that one is killed and can say nothing more. The kernel sees to
// it, asked by setpriv of util-linux; elsewhere the next start ends what the run file names.
import { spawnSync } from 'node:child_process';

let available = null;

/** The same program, tied to this process: it gets `signal` when this one ends, in whatever way. Its process id stays the same. */
export function tied({ command, args, ...rest }, signal) {
  available ??=
    process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true']).status === 0;
  if (!available) return { command, args, ...rest };
  return { command: 'setpriv', args: ['--pdeathsig', signal.replace(/^SIG/, ''), command, ...args], ...rest };
}
