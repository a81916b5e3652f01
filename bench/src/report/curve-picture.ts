import { escaped } from './escaped.js';
import { numberText } from './print.js';
import type { Curve } from './report.js';

const WIDTH = 1_000;
const HEIGHT = 200;
const LEFT = 56;
const RIGHT = 90;
const TOP = 10;
const BOTTOM = 30;
const COLOURS = ['var(--one)', 'var(--two)', 'var(--three)'];
const LINES = 4;

/** Lines over a grid, each named at its end. */
export function curvePicture({ x, y, series, title }: Curve): string {
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) return '<p class="soft">Nothing was measured.</p>';
  const right = Math.max(...points.map(([value]) => value), 1);
  const top = niceAbove(Math.max(...points.map(([, value]) => value), 1e-9));
  const atX = (value: number): number => LEFT + (value / right) * (WIDTH - LEFT - RIGHT);
  const atY = (value: number): number => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
  const steps = Array.from({ length: LINES + 1 }, (_, index) => index / LINES);
  const grid = steps.map(
    (share) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${atY(share * top)}" y2="${atY(share * top)}" stroke="var(--line)"/><text x="${LEFT - 6}" y="${atY(share * top) + 4}" text-anchor="end">${short(share * top)}</text><text x="${atX(share * right)}" y="${HEIGHT - 10}" text-anchor="middle">${short(share * right)}${share === 1 ? ` ${escaped(x)}` : ''}</text>`,
  );
  /** Two that end side by side are named one below the other. */
  const lastYs: number[] = [];
  const lines = series.map((one, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? '';
    const path = one.points.map(([px, py]) => `${atX(px).toFixed(1)},${atY(py).toFixed(1)}`).join(' ');
    const [endX = 0, endY = 0] = one.points.at(-1) ?? [];
    let labelY = atY(endY) + 4;
    while (lastYs.some((other) => Math.abs(other - labelY) < 13)) labelY -= 13;
    lastYs.push(labelY);
    const dots =
      one.points.length > 40
        ? ''
        : one.points
            .map(
              ([px, py]) =>
                `<circle cx="${atX(px).toFixed(1)}" cy="${atY(py).toFixed(1)}" r="2.5" fill="${colour}"/>`,
            )
            .join('');
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}<text x="${atX(endX) + 8}" y="${labelY}" style="fill:${colour}">${escaped(one.name)}</text>`;
  });
  return `<div class="wide"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(`${title}, in ${y}`)}">${grid.join('')}${lines.join('')}</svg></div>`;
}

const short = (value: number): string =>
  value >= 10 ? Math.round(value).toLocaleString('en') : Number(numberText(value)).toString();

function niceAbove(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 5, 8, 10].find((factor) => factor * unit >= value) ?? 10) * unit;
}
