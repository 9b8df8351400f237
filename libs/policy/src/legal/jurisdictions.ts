import type { PolicyPack } from '../pack/pack.schema.js';
import type { LawId } from '../pack/sections/jurisdictions.schema.js';
import { LAW_PRESETS } from './presets.js';

// The European Economic Area: whoever says "DE" means the GDPR.
const EEA = 'AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IS IT LI LV LT LU MT NL NO PL PT RO SK SI ES SE'.split(' ');
const ALIASES: ReadonlyMap<string, string> = new Map([...EEA.map((c) => [c, 'EU'] as const), ['GB', 'UK'], ['EEA', 'EU']]);

/**
 * The jurisdiction a caller means, in this pack's words: its own id, or the larger area that contains it, or the
 * pack's default when none is named. Undefined when the pack does not know the place; nothing is assumed for it.
 * @example resolveJurisdiction(ajuni, 'DE') // 'EU'
 */
export function resolveJurisdiction(pack: PolicyPack, jurisdiction?: string): string | undefined {
  if (jurisdiction === undefined) return pack.jurisdictions.default.value;
  const wanted = jurisdiction.toUpperCase();
  const known = new Set(pack.jurisdictions.list.map((j) => j.id));
  if (known.has(wanted)) return wanted;
  const alias = ALIASES.get(wanted);
  return alias !== undefined && known.has(alias) ? alias : undefined;
}

/**
 * The laws whose clocks bind a request. A place the pack is silent about still has its law: a Californian asks a
 * company whose pack says nothing of California, and the law's days run all the same.
 */
export function lawsFor(pack: PolicyPack, jurisdiction?: string): LawId[] {
  const resolved = resolveJurisdiction(pack, jurisdiction);
  const own = pack.jurisdictions.list.find((j) => j.id === resolved);
  if (own) return [...own.laws];
  const wanted = (jurisdiction ?? '').toUpperCase();
  const place = ALIASES.get(wanted) ?? wanted;
  return Object.values(LAW_PRESETS).flatMap((law) => (law.jurisdictions.includes(place) ? [law.id] : []));
}
