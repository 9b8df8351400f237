/** A JSON object of a pack. */
export type Entry = Readonly<Record<string, unknown>>;

export function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `{ value, source }` and nothing else: one value, not a map of two. */
export function isSourcedValue(value: unknown): value is { value: unknown; source: unknown } {
  return isEntry(value) && Object.keys(value).length === 2 && 'value' in value && 'source' in value;
}

const KEYS = ['id', 'category', 'channel', 'type', 'plan', 'class', 'region', 'date'] as const;

/**
 * What a person calls an entry of a list, so that a path survives another order: its id, category, channel …; a notice
 * also by its version, because two versions stand side by side. Undefined for lists of plain values.
 */
export function entryName(entry: unknown): string | undefined {
  if (!isEntry(entry)) return undefined;
  const key = KEYS.find((k) => typeof entry[k] === 'string');
  if (key === undefined) return undefined;
  return 'texts' in entry ? `${String(entry[key])}@${String(entry['version'])}` : String(entry[key]);
}

/** A list as a map by name, or undefined when its entries have none. */
export function byName(list: readonly unknown[]): Map<string, unknown> | undefined {
  const named = new Map<string, unknown>();
  for (const entry of list) {
    const name = entryName(entry);
    if (name === undefined) return undefined;
    named.set(name, entry);
  }
  return named;
}

/** A value on one line, for people. Texts are cut: the whole stands in the pack. */
export function inWords(value: unknown): string {
  if (isSourcedValue(value)) return inWords(value.value);
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((v) => entryName(v) ?? inWords(v)).join(', ');
  if (isEntry(value)) {
    return Object.entries(value)
      .filter(([key]) => key !== 'source')
      .map(([key, v]) => `${key} ${inWords(v)}`)
      .join(', ');
  }
  const text = String(value);
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
