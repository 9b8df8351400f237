import { durationInWords } from '../clocks/duration-in-words.js';
import type { PolicyPack } from '../pack/pack.schema.js';
import { DURATION_PATTERN } from '../pack/scalars.js';
import type { PackChange } from './diff-packs.js';
import { inWords, isEntry, isSourcedValue } from './entries.js';

type Said = (change: PackChange, name: string, pack: PolicyPack) => string;

/** The changes that people ask about most, each with its own sentence; `name` is what the star in the path stands for. */
const SENTENCES: readonly (readonly [RegExp, Said])[] = [
  [/^\/retention\/([^/]+)\/keep$/, (change, category, pack) => `${categoryTitle(pack, category)}: kept for ${fromTo(change)}.`],
  [/^\/clocks\/(resolve)$/, (change) => `Time to answer a request about personal data: ${fromTo(change)}.`],
  [/^\/clocks\/(acknowledge)$/, (change) => `Time to acknowledge a request about personal data: ${fromTo(change)}.`],
  [/^\/notices\/policyChange\/(leadTime)$/, (change) => `Notice before a change of this policy: ${fromTo(change)}.`],
  [/^\/messages\/marketing\/(maxPerMonth)$/, (change) => `Marketing mails in a month, at most: ${fromTo(change)}.`],
  [/^\/purposes\/([^/]+)\/bases\/[^/]+\/basis$/, (change, id, pack) => `Purpose “${purposeTitle(pack, id)}”, ${change.path.split('/')[4]}: the legal basis is ${fromTo(change)}.`],
  [/^\/subprocessors\/vendors\/([^/]+)$/, (change) => came(change, 'Sub-processor')],
  [/^\/purposes\/([^/]+)$/, (change) => came(change, 'Purpose')],
  [/^\/neverPurposes\/([^/]+)$/, (change) => came(change, 'Use that is ruled out')],
  [/^\/dataCategories\/([^/]+)$/, (change) => came(change, 'Kind of personal data')],
];

/**
 * A change as one sentence for somebody who never saw a pack: a customer's admin, a person on a mailing list.
 * @param pack the version that the change leads to, for the titles of what it names
 * @example changeInWords(change, pack) // 'Contact details: kept for 13 months instead of 24 months.'
 */
export function changeInWords(change: PackChange, pack: PolicyPack): string {
  for (const [path, say] of SENTENCES) {
    const found = path.exec(change.path);
    if (found) return say(change, found[1] ?? '', pack);
  }
  const path = segments(change.path);
  if (path.at(-1) === 'source') return `${placeOf(path.slice(0, -1), pack)}: the promise behind it is ${fromTo(change)}.`;
  return `${placeOf(path, pack)}: ${fromTo(change)}.`;
}

function fromTo(change: PackChange): string {
  if (change.kind === 'added') return `${valueOf(change.after)} (not stated before)`;
  if (change.kind === 'removed') return `no longer stated (was ${valueOf(change.before)})`;
  return `${valueOf(change.after)} instead of ${valueOf(change.before)}`;
}

function came(change: PackChange, what: string): string {
  return change.kind === 'removed' ? `${what}, no longer: ${described(change.before)}.` : `${what}, new: ${described(change.after)}.`;
}

/** A name with what it is for, where the entry says so. */
function described(entry: unknown): string {
  if (!isEntry(entry)) return valueOf(entry);
  const name = entry['name'] ?? entry['title'];
  const more = entry['role'] ?? entry['description'];
  return typeof name !== 'string' ? valueOf(entry) : typeof more === 'string' && more.includes(' ') ? `${name} (${more.replace(/\.$/, '')})` : name;
}

function valueOf(value: unknown): string {
  if (isSourcedValue(value)) return valueOf(value.value);
  if (value === true || value === false) return value ? 'yes' : 'no';
  if (value === 'operator_default') return 'none (our own choice)';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((one) => (typeof one === 'string' ? valueOf(one) : inWords(one))).join(', ');
  if (typeof value !== 'string') return inWords(value);
  if (DURATION_PATTERN.test(value)) return durationInWords(value);
  return /^[a-z0-9]+(_[a-z0-9]+)*$/.test(value) ? value.replaceAll('_', ' ') : inWords(value);
}

/** Where it stands in the policy: `Messages, marketing, opt in`, with titles for the ids of purposes and categories. */
function placeOf(path: readonly string[], pack: PolicyPack): string {
  const words = path.map((part, index) => {
    if (index === 1 && path[0] === 'purposes') return `“${purposeTitle(pack, part)}”`;
    if (index === 1 && (path[0] === 'retention' || path[0] === 'dataCategories')) return `“${categoryTitle(pack, part)}”`;
    return /^[A-Z]+$/.test(part) ? part : part.replaceAll('_', ' ').replace(/[a-z][A-Z]/g, ([low = '', high = '']) => `${low} ${high.toLowerCase()}`);
  });
  const place = words.join(', ');
  return place.charAt(0).toUpperCase() + place.slice(1);
}

function segments(pointer: string): string[] {
  return pointer.slice(1).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

const categoryTitle = (pack: PolicyPack, id: string): string => pack.dataCategories.find((category) => category.id === id)?.title ?? id.replaceAll('_', ' ');
const purposeTitle = (pack: PolicyPack, id: string): string => pack.purposes.find((purpose) => purpose.id === id)?.title ?? id.replaceAll('_', ' ');
