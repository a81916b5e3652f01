/** Different texts are few, since values are parameters; lists of columns that Prisma makes could be many. */
const TEXTS_MAX = 500;
/** Names of statements that become series of their own. The program has about 50. */
const NAMES_MAX = 80;
const OTHER = 'other';

/** Functions that hold a statement and are not what it is about. */
const SCAFFOLDS = new Set(['unnest', 'set_config', 'generate_series', 'jsonb_array_elements']);

/** A short name for a statement: what it does, and to which table or function. Never a value. */
export function nameOfStatement(text: string): string {
  const flat = text.replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ').trim();
  const verb = (/^[a-z]+/i.exec(flat)?.[0] ?? '').toUpperCase();
  for (const [, target = ''] of flat.matchAll(
    /\b(?:FROM|INTO|UPDATE|JOIN) (?:ONLY |LATERAL )?(?:"public"\.)?"?([a-z_]+)"?/gi,
  )) {
    if (!SCAFFOLDS.has(target.toLowerCase())) return `${verb} ${target}`;
  }
  const called = /^SELECT ([a-z_]+)\(/i.exec(flat)?.[1];
  return called === undefined ? verb : `${verb} ${called}`;
}

/** The names of statements, kept by their text and bounded in number: they are labels of a metric. */
export class StatementNames {
  private readonly byText = new Map<string, string>();
  private readonly names = new Set<string>();

  of(text: string): string {
    const known = this.byText.get(text);
    if (known !== undefined) return known;
    const name = this.bounded(nameOfStatement(text));
    if (this.byText.size < TEXTS_MAX) this.byText.set(text, name);
    return name;
  }

  private bounded(name: string): string {
    if (!this.names.has(name) && (name === '' || this.names.size >= NAMES_MAX)) return OTHER;
    this.names.add(name);
    return name;
  }
}
