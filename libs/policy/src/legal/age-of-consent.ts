import type { PolicyPack } from '../pack/pack.schema.js';
import { promisesOf } from '../pack/source.js';
import { lawsFor } from './jurisdictions.js';
import { LAW_PRESETS, lawInForce } from './presets.js';

/** From which age on a person decides alone. */
export interface AgeOfConsent {
  readonly years: number;
  /** The promise, or else the place in the law, that sets it. */
  readonly source: string;
  /** True where the policy's own age is the one that counts; false where the law asks for more. */
  readonly promised: boolean;
}

/**
 * The age below which a person is a child: the policy's or the law's there, whichever is higher. In a place whose law is not
 * known, the highest age of all laws that are.
 * @param day `YYYY-MM-DD`, in the tenant's zone: laws change
 * @example ageOfConsent(askasia, 'EU', '2026-11-22').years // 16, as ASK-21 says; 18 in India
 */
export function ageOfConsent(pack: PolicyPack, jurisdiction: string | undefined, day: string): AgeOfConsent {
  const named = lawsFor(pack, jurisdiction);
  const laws = named.length > 0 ? named : Object.values(LAW_PRESETS).map((law) => law.id);
  const legal = laws.flatMap((law) => lawInForce(law, day)?.ageOfConsent ?? []).map(({ years, source }) => ({ years, source, promised: false }));
  const own = pack.children?.minAge;
  const promised = own ? [{ years: own.value, source: promisesOf(own.source)[0] ?? 'operator_default', promised: true }] : [];
  return [...promised, ...legal].reduce((strictest, age) => (age.years > strictest.years ? age : strictest));
}

/**
 * The ages between which it makes a difference how old somebody is, rising. More need not be known of anybody's age than
 * the highest of them that is reached.
 */
export function ageLimits(pack: PolicyPack): readonly number[] {
  const legal = Object.values(LAW_PRESETS).flatMap((law) => law.versions.flatMap((version) => version.ageOfConsent?.years ?? []));
  return [...new Set([...legal, ...(pack.children ? [pack.children.minAge.value] : [])])].sort((a, b) => a - b);
}

/** The promise that forbids something with children: of following and targeting them where `monitoring`, else of their data. */
export function childPromise(pack: PolicyPack, monitoring: boolean): string | undefined {
  const { children } = pack;
  if (!children) return undefined;
  const values = [...(monitoring ? [children.behaviouralMonitoring] : []), children.minAge, children.knowingCollection];
  return values.flatMap((value) => promisesOf(value.source))[0];
}
