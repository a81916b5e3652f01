import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportPage } from './page.js';
import type { Summary } from './summary.js';

export function writeReport(summary: Summary, folder: string): void {
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(summary, null, 2)}\n`);
  writeFileSync(join(folder, 'report.html'), reportPage(summary));
}
