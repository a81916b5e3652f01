// An env file as docker compose reads it: what it says, and the same text with empty lines filled in.

/**
 * @typedef {{ name: string, value: string, line: number }} Entry
 * @param {string} text
 * @returns {{ entries: Entry[], faults: string[], unreadable: string[] }} A fault never holds a value; `unreadable` are the names
 * whose value compose would read as something else.
 */
export function parseEnvFile(text) {
  const entries = [];
  const faults = [];
  const unreadable = [];
  const lines = new Map();
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = index + 1;
    if (/^\s*(#|$)/.test(raw)) continue;
    const [, name, rest] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/.exec(raw) ?? [];
    if (name === undefined) {
      faults.push(`Line ${line} is neither NAME=value nor a comment.`);
      continue;
    }
    if (lines.has(name)) {
      faults.push(`${name} is set twice, in lines ${lines.get(name)} and ${line}: the last one counts.`);
    }
    lines.set(name, line);
    const read = readValue(rest);
    if ('fault' in read) {
      faults.push(`${name} ${read.fault} (line ${line}).`);
      unreadable.push(name);
    } else entries.push({ name, value: read.value, line });
  }
  return { entries, faults, unreadable };
}

function readValue(text) {
  const rest = text.trim();
  const quote = rest[0];
  if (quote === "'" || quote === '"') {
    const quoted = /^(['"])((?:\\.|(?!\1).)*)\1\s*(#.*)?$/.exec(rest);
    if (!quoted) return { fault: 'begins with a quote that does not end in its line' };
    if (quote === '"' && hasReference(quoted[2])) return { fault: DOLLAR };
    return { value: quote === '"' ? quoted[2].replaceAll(/\\(["\\])/g, '$1') : quoted[2] };
  }
  // A # begins a comment only behind a space.
  const value = text.replace(/\s+#.*$/, '').trim();
  return hasReference(value) ? { fault: DOLLAR } : { value };
}

const DOLLAR = 'holds a $, which docker compose replaces: put the value in single quotes';
const hasReference = (value) => /\$[A-Za-z_{$]/.test(value);

/**
 * The text with values in place of empty assignments; what is not there at all comes at the end. A filled one is never touched.
 * @param {string} text @param {Readonly<Record<string, string>>} values
 */
export function fillEnvFile(text, values) {
  const open = new Map(Object.entries(values));
  const lines = text.split('\n').map((line) => {
    const [, head, name, end] =
      /^(\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=)\s*?(?:''|"")?((?:\s+#.*)?\s*)$/.exec(line) ?? [];
    if (name === undefined || !open.has(name)) return line;
    const value = open.get(name);
    open.delete(name);
    return `${head}${value}${end}`;
  });
  if (open.size === 0) return lines.join('\n');
  if (lines.at(-1) === '') lines.pop();
  return [...lines, ...[...open].map(([name, value]) => `${name}=${value}`), ''].join('\n');
}
