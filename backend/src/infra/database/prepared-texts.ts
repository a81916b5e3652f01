/** The program has about 60 texts; what is beyond that many is sent without a name, which only costs its planning. */
const TEXTS_MAX = 300;

/**
 * Names under which connections keep what PostgreSQL has parsed of a text, and usually its plan: a sync costs PostgreSQL a
 * third of the CPU that way (docs/decisions/0034). Values are parameters, so the texts are few.
 */
export class PreparedTexts {
  private readonly names = new Map<string, string>();
  private given = 0;

  /** `undefined`: it is sent without a name. */
  nameOf(text: string): string | undefined {
    const known = this.names.get(text);
    if (known !== undefined || this.names.size >= TEXTS_MAX) return known;
    this.given += 1;
    const name = `parley_${String(this.given)}`;
    this.names.set(text, name);
    return name;
  }

  /** What connections keep of the text is of no use any more: the next name makes them parse it again. */
  forget(text: string): void {
    this.names.delete(text);
  }
}
