/** How numbers are written for people. */

export function thousands(value: number): string {
  return value.toLocaleString('en-US');
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** In the unit in which a person thinks of it. */
export function shortly(ms: number): string {
  return ms < 1_000 ? `${thousands(ms)} ms` : seconds(ms);
}

const UNITS: readonly [string, string][] = [
  ['Ms', 'ms'],
  ['Mb', 'MB'],
  ['Bytes', 'bytes'],
];

/** `rssBeforeMb` is "rss before", in MB. */
export function figureText(name: string, value: number): { label: string; value: string } {
  const [suffix, unit] = UNITS.find(([ending]) => name.endsWith(ending)) ?? ['', ''];
  const stem = suffix === '' || name.length === suffix.length ? name : name.slice(0, -suffix.length);
  const label = stem
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace('postgres', 'PostgreSQL')
    .replace('redis', 'Redis');
  return { label, value: unit === '' ? thousands(value) : `${thousands(value)} ${unit}` };
}
