import type { InputClass } from '@parley/protocol';
import { booleanFields, integerFields, listFields } from '@parley/protocol';

interface FieldKinds {
  integers: ReadonlySet<string>;
  lists: ReadonlySet<string>;
  booleans: ReadonlySet<string>;
}

const kindsByInput = new Map<InputClass, FieldKinds>();

function kindsOf(input: InputClass): FieldKinds {
  const known = kindsByInput.get(input);
  if (known) return known;
  const kinds = { integers: integerFields(input), lists: listFields(input), booleans: booleanFields(input) };
  kindsByInput.set(input, kinds);
  return kinds;
}

/**
 * A query string carries text only: turns what the input class declares as number, list or boolean into one,
 * where the text is exactly that. Everything else stays as it is, for validation to refuse.
 */
export function queryValues(input: InputClass, query: unknown): unknown {
  if (typeof query !== 'object' || query === null) return query;
  const kinds = kindsOf(input);
  return Object.fromEntries(
    Object.entries(query).map(([name, value]: [string, unknown]) => [name, converted(kinds, name, value)]),
  );
}

function converted(kinds: FieldKinds, name: string, value: unknown): unknown {
  if (kinds.lists.has(name)) {
    const parts: unknown[] = Array.isArray(value) ? value : [value];
    return parts.flatMap((part) => (typeof part === 'string' ? part.split(',') : [part]));
  }
  if (typeof value !== 'string') return value;
  if (kinds.integers.has(name) && /^-?\d{1,16}$/.test(value)) return Number(value);
  if (kinds.booleans.has(name) && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}
