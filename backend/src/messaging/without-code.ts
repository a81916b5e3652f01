/** Opening or closing line of a fenced block: up to three spaces, then at least three backticks or tildes. */
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const BACKTICKS = /`+/g;

/**
 * A Markdown text with its code blocks and code spans replaced by one blank each. In linear time: lines are
 * looked at once, and runs of backticks are paired through an index instead of a search for each.
 */
export function withoutCode(text: string): string {
  if (!text.includes('`') && !text.includes('~~~')) return text;
  const paragraphs: string[] = [];
  let lines: string[] = [];
  let fence: string | null = null;
  const endParagraph = (): void => {
    paragraphs.push(withoutSpans(lines.join('\n')));
    lines = [];
  };
  for (const line of text.split('\n')) {
    const mark = FENCE.exec(line)?.[1];
    if (fence !== null) {
      if (mark?.startsWith(fence) === true && line.trim() === mark) fence = null;
    } else if (
      mark !== undefined &&
      !(mark.startsWith('`') && line.trim().slice(mark.length).includes('`'))
    ) {
      endParagraph();
      fence = mark;
    } else if (line.trim() === '') {
      endParagraph();
    } else {
      lines.push(line);
    }
  }
  endParagraph();
  return paragraphs.join('\n');
}

/** A span opens with a run of backticks and closes with the next run of the same length; others are text. */
function withoutSpans(paragraph: string): string {
  const runs = [...paragraph.matchAll(BACKTICKS)].map((run) => ({ start: run.index, length: run[0].length }));
  const byLength = new Map<number, number[]>();
  runs.forEach((run, index) => {
    const indexes = byLength.get(run.length);
    if (indexes) indexes.push(index);
    else byLength.set(run.length, [index]);
  });
  const passed = new Map<number, number>();
  let kept = '';
  let position = 0;
  let index = 0;
  while (index < runs.length) {
    const opening = runs[index];
    if (!opening) break;
    const indexes = byLength.get(opening.length) ?? [];
    let next = passed.get(opening.length) ?? 0;
    while ((indexes[next] ?? Infinity) <= index) next += 1;
    passed.set(opening.length, next);
    const closingIndex = indexes[next];
    const closing = closingIndex === undefined ? undefined : runs[closingIndex];
    if (closingIndex === undefined || !closing) {
      index += 1;
      continue;
    }
    kept += `${paragraph.slice(position, opening.start)} `;
    position = closing.start + closing.length;
    index = closingIndex + 1;
  }
  return kept + paragraph.slice(position);
}
