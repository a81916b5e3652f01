import type { Finding } from './judge.js';

const range = ({ from, to }: Finding): string => (from === to ? `${from}` : `${from} to ${to}`);

/** A line each, then the counts on a line of their own, for CI. */
export function printableFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const places = [...new Set(findings.map(({ where }) => where))];
  const lines = places.flatMap((place) => [
    '',
    place,
    ...findings
      .filter(({ where }) => where === place)
      .map((finding) => {
        const { what, measured, because, passed } = finding;
        const expected = passed ? '' : `, not ${range(finding)}`;
        return `${passed ? 'ok    ' : 'FAILED'}  ${what.padEnd(width)}  ${measured}${expected}  (${because})`;
      }),
  ]);
  const failed = findings.filter(({ passed }) => !passed).length;
  return [...lines, '', `${findings.length - failed} passed, ${failed} failed`].join('\n');
}
