import type { StatePolicy } from '@heed/contracts-consent';
import { childPromise, resolveJurisdiction } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import type { ActivePolicy } from '@heed/tenant-policy';
import { limitFor, targets } from '../children/child-guard.js';

/** What of the policy an answer needs beside a person's decisions. */
export function policyRecord({ version, pack }: ActivePolicy, now: Date): StatePolicy {
  return {
    v: 1,
    policyVersion: version,
    country: pack.tenant.country?.value ?? null,
    defaultJurisdiction: pack.jurisdictions.default.value,
    places: placesOf(pack),
    purposes: pack.purposes.map(({ id, bases, profiling, cookieClass, marketing }) => ({
      id,
      bases: Object.fromEntries(Object.entries(bases).map(([place, basis]) => [place, basis.basis])),
      gpc: profiling || cookieClass === 'analytics',
      targets: targets({ profiling, marketing }),
    })),
    adultAge: Object.fromEntries(pack.jurisdictions.list.map(({ id }) => [id, limitFor(pack, id, now).years])),
    childPromises: { targets: childPromise(pack, true) ?? null, other: childPromise(pack, false) ?? null },
    never: pack.neverPurposes.map(({ id, source }) => ({ id, promise: [source].flat()[0] ?? 'operator_default' })),
  };
}

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const COUNTRIES: readonly string[] = [...LETTERS.flatMap((a) => LETTERS.map((b) => a + b)), 'EEA'];

/** Every other name of a place that the policy knows, so that a reader in any language needs no list of its own. */
function placesOf(pack: PolicyPack): Record<string, string> {
  return Object.fromEntries(
    COUNTRIES.flatMap((country) => {
      const place = resolveJurisdiction(pack, country);
      return place === undefined || place === country ? [] : [[country, place]];
    }),
  );
}
