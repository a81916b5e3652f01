import { readFileSync } from 'node:fs';
import { runFile } from './environment.js';

interface RunningProduct {
  processes: { name: string; pid: number }[];
}

export function apiProcess(): number {
  const { processes } = JSON.parse(readFileSync(runFile, 'utf8')) as RunningProduct;
  const api = processes.find(({ name }) => name === 'api');
  if (api === undefined) throw new Error('The run file names no API process.');
  return api.pid;
}
