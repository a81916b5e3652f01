// A line for each step with the time it took, and programs whose output is shown only where it is of use: when they fail.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ROOT } from './places.mjs';
import { tied } from './tied-process.mjs';

const TAIL_LINES = 40;
const running = new Set();

/** Runs a step and prints its line. A step may answer a word for the line, such as `up to date`. */
export async function step(name, work) {
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s`;
  try {
    const note = await work();
    console.log(`  ✓ ${name.padEnd(34)} ${seconds()}${typeof note === 'string' ? `  ${note}` : ''}`);
  } catch (error) {
    console.log(`  ✗ ${name.padEnd(34)} ${seconds()}`);
    throw error;
  }
}

export class ProgramFailed extends Error {}

/** Runs a program to its end; its last lines stand in the error where it fails. */
export async function run(command, args, { env = process.env, cwd = ROOT, echo = false } = {}) {
  // A group of its own: a program with children of its own is ended as a whole.
  const program = tied({ command, args }, 'SIGTERM');
  const child = spawn(program.command, program.args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (echo) process.stdout.write(text);
    });
  }
  try {
    const [code, signal] = await Promise.race([
      once(child, 'close'),
      once(child, 'error').then(([error]) => Promise.reject(error)),
    ]);
    if (code === 0) return output;
    const tail = output.trim().split('\n').slice(-TAIL_LINES).join('\n');
    throw new ProgramFailed(`${command} ${args.join(' ')} ended with ${signal ?? code}:\n${tail}`);
  } finally {
    running.delete(child);
  }
}

/** Ends what `run` is still waiting for. */
export function endRunning() {
  for (const child of running) {
    try {
      process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It ended by itself.
    }
  }
}
