import { COMPOSE_VARIABLES } from './compose-variables.js';
import type { Variable } from './variable.js';
import { VARIABLE_GROUPS } from './variable.js';
import { VARIABLES } from './variables.js';

const WIDTH = 110;

function wrapped(sentence: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of sentence.split(' ')) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function heading(name: string): string {
  return `# ---- ${name} ${'-'.repeat(WIDTH - name.length - 8)}`;
}

function entry(name: string, variable: Variable<unknown>): string[] {
  const notes = [variable.about];
  if (variable.parse.accepts !== 'text') notes.push(`Takes ${variable.parse.accepts}.`);
  notes.push(variable.required === 'production' ? 'Required.' : 'Optional.');
  if (variable.secret) notes.push(`Or ${name}_FILE: the path of a file that holds it.`);
  // The file is for production, so a default that serves development only must not stand in it.
  const shown =
    name === 'NODE_ENV' ? 'production' : variable.required === 'production' ? '' : variable.default;
  const assignment = shown === null ? `# ${name}=` : `${name}=${shown}`;
  return [...wrapped(notes.join(' ')), ...wrapped(`If wrong: ${variable.whenWrong}`), assignment, ''];
}

/** The text of env.production.example: every variable with its unit, default and what goes wrong. */
export function renderExample(): string {
  const entries: [string, Variable<unknown>][] = Object.entries(VARIABLES);
  const lines = [
    '# Environment of Parley in production. Rendered from backend/src/config/variables.ts; a test holds both equal.',
    '# A line with a value shows the default; a commented or optional one may stay as it is; what is required must be filled in.',
    '# `npm run env:check -- --generate` fills in what is only random, `npm run env:check` names every fault of a filled copy.',
    '# docker-compose.production.yml reads it as `.env`. It sets HOST, PORT, WORKER_PORT, WEB_ROOT and TRUST_PROXY_HOPS itself, takes',
    '# secrets from here alone (not from NAME_FILE), and makes up at the first start what is empty, but for PUBLIC_URL, which then is',
    '# https://localhost.',
    '',
  ];
  for (const group of VARIABLE_GROUPS) {
    lines.push(heading(group), '');
    for (const [name, variable] of entries) {
      if (variable.group === group) lines.push(...entry(name, variable));
    }
  }
  lines.push(heading('docker-compose.production.yml'), '');
  for (const [name, { about, whenWrong, default: value, parse }] of Object.entries(COMPOSE_VARIABLES)) {
    const assignment = value === null ? `# ${name}=` : `${name}=${value}`;
    const notes = [about, ...(parse ? [`Takes ${parse.accepts}.`] : []), 'Optional.'];
    lines.push(...wrapped(notes.join(' ')), ...wrapped(`If wrong: ${whenWrong}`), assignment, '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
