import type { PolicyPack } from '../pack/pack.schema.js';
import { packHash } from '../reading/canonical.js';
import { toPointer } from '../reading/issue.js';
import { byName, inWords, isEntry, isSourcedValue } from './entries.js';
import { isMaterial } from './material.js';

/** One difference. `path` is a JSON pointer in which list entries stand by name: `/purposes/analytics/bases/EU/basis`. */
export interface PackChange {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
  /** People who were promised something must be told. */
  readonly material: boolean;
  /** The change as one line for a person. */
  readonly text: string;
}

export interface PackDiff {
  readonly from: string;
  readonly to: string;
  /** True when at least one change is. */
  readonly material: boolean;
  readonly changes: readonly PackChange[];
}

/**
 * What a new version of a policy changes, in the order of the pack. The order of list entries is no change; a source
 * that a promise leaves is one, even where the value stays: nobody stands behind it any more.
 * @example diffPacks(old, next).changes[0]?.text // 'retention.contact.keep: P24M → P12M'
 */
export function diffPacks(before: PolicyPack, after: PolicyPack): PackDiff {
  const changes: PackChange[] = [];
  compare(before, after, [], changes);
  return { from: packHash(before), to: packHash(after), material: changes.some((c) => c.material), changes };
}

function compare(before: unknown, after: unknown, path: readonly string[], out: PackChange[]): void {
  if (before === undefined || after === undefined) {
    if (before !== after) out.push(change(before, after, path));
    return;
  }
  if (isSourcedValue(before) && isSourcedValue(after)) {
    compare(before.value, after.value, path, out);
    compare(before.source, after.source, [...path, 'source'], out);
    return;
  }
  const [left, right] = [asMap(before), asMap(after)];
  if (left && right) {
    for (const key of new Set([...left.keys(), ...right.keys()])) compare(left.get(key), right.get(key), [...path, key], out);
    return;
  }
  if (JSON.stringify(inOrder(before)) !== JSON.stringify(inOrder(after))) out.push(change(before, after, path));
}

function asMap(value: unknown): Map<string, unknown> | undefined {
  if (isEntry(value)) return new Map(Object.entries(value));
  return Array.isArray(value) ? byName(value) : undefined;
}

/** Lists of plain values are sets: [email, console] promises what [console, email] does. */
function inOrder(value: unknown): unknown {
  return Array.isArray(value) ? [...value].sort() : value;
}

function change(before: unknown, after: unknown, path: readonly string[]): PackChange {
  const pointer = toPointer(path);
  const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  const said = { added: `added ${inWords(after)}`, removed: `removed (was ${inWords(before)})`, changed: `${inWords(before)} → ${inWords(after)}` };
  return {
    kind,
    path: pointer,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    material: isMaterial(pointer),
    text: `${path.join('.')}: ${said[kind]}`,
  };
}
