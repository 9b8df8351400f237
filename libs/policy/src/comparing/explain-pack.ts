import { promisesOf, sourceSchema, type Source } from '../pack/source.js';
import type { PolicyPack } from '../pack/pack.schema.js';
import { entryName, inWords, isEntry, isSourcedValue } from './entries.js';

/** A value of a pack with where it stands and who stands behind it. */
export interface SourcedEntry {
  /** For people: `clocks.acknowledge`, `retention.contact.keep`. */
  readonly path: string;
  readonly value: string;
  readonly source: Source;
}

// Long texts that explain an entry rather than being its value.
const ASIDE = new Set(['source', 'id', 'title', 'description', 'examples', 'texts', 'authority']);

/** Every value of a pack that names a source, in the order of the pack. */
export function sourcedEntries(pack: PolicyPack): SourcedEntry[] {
  const { promises: _listed, ...values } = pack;
  return [...walk(values, [])];
}

/**
 * The promises of a pack that no value names: nothing in Heed would notice if they were broken.
 * @example unusedPromises(ajuni) // []
 */
export function unusedPromises(pack: PolicyPack): string[] {
  const used = new Set(sourcedEntries(pack).flatMap((entry) => promisesOf(entry.source)));
  return pack.promises.map((p) => p.id).filter((id) => !used.has(id));
}

/**
 * A pack in plain words, line by line: each promise with the values that carry it, then what the operator chose.
 * @example explainPack(ajuni).join('\n') // 'AJU-39  Requests are acknowledged …\n        clocks.acknowledge: P2BD'
 */
export function explainPack(pack: PolicyPack): string[] {
  const entries = sourcedEntries(pack);
  const indent = (entry: SourcedEntry): string => `        ${entry.path}: ${entry.value}`;
  const lines = [`${pack.tenant.name} (${pack.tenant.id}): ${pack.promises.length} promises`, ''];
  for (const promise of pack.promises) {
    lines.push(`${promise.id}  ${promise.title}`);
    lines.push(...entries.filter((entry) => promisesOf(entry.source).includes(promise.id)).map(indent));
  }
  const chosen = entries.filter((entry) => promisesOf(entry.source).length === 0);
  return [...lines, '', `Chosen by the operator (${chosen.length} values)`, ...chosen.map(indent)];
}

function* walk(node: unknown, path: readonly string[]): Generator<SourcedEntry> {
  if (Array.isArray(node)) {
    for (const [index, entry] of node.entries()) yield* walk(entry, [...path, entryName(entry) ?? String(index)]);
  } else if (isEntry(node)) {
    if ('source' in node) {
      const value = isSourcedValue(node) ? inWords(node.value) : ownValues(node);
      yield { path: path.join('.'), value, source: sourceSchema.parse(node['source']) };
    }
    for (const [key, child] of Object.entries(node)) yield* walk(child, [...path, key]);
  }
}

/** The fields an entry's own source covers: not those that bring a source of their own. */
function ownValues(node: Readonly<Record<string, unknown>>): string {
  const own = Object.entries(node).filter(([key, value]) => !ASIDE.has(key) && !carriesSources(value));
  const words = own.map(([key, value]) => `${key} ${inWords(value)}`).join(', ');
  const title = typeof node['title'] === 'string' ? node['title'] : undefined;
  if (!words) return title ?? 'declared';
  return title ? `${title} (${words})` : words;
}

function carriesSources(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(carriesSources);
  return isEntry(value) && ('source' in value || Object.values(value).some(carriesSources));
}
