import { LAW_PRESETS } from '../../legal/presets.js';
import type { PolicyPack } from '../../pack/pack.schema.js';
import { oneOf, type Check } from './check.js';

/**
 * Each purpose rests, in each jurisdiction, on a ground that the law there knows. India's knows no legitimate interest
 * and no contract (AJU-10), so a pack cannot register one, whoever wrote it.
 */
export const checkLegalBases: Check = (pack, report) => {
  const places = new Map(pack.jurisdictions.list.map((j) => [j.id, j]));
  if (!places.has(pack.jurisdictions.default.value)) {
    report('jurisdiction_unknown', `the default is not in the list; ${oneOf(places.keys())}`, ['jurisdictions', 'default', 'value']);
  }
  for (const [index, place] of pack.jurisdictions.list.entries()) {
    for (const law of Object.values(LAW_PRESETS)) {
      if (!law.jurisdictions.includes(place.id) || place.laws.includes(law.id)) continue;
      report('law_missing', `${law.id} holds in ${place.id} whether a pack names it or not; add it`, ['jurisdictions', 'list', index, 'laws']);
    }
  }
  for (const [index, purpose] of pack.purposes.entries()) {
    for (const [id, basis] of Object.entries(purpose.bases)) {
      const path = ['purposes', index, 'bases', id];
      const place = places.get(id);
      if (!place) {
        report('jurisdiction_unknown', `purpose ${purpose.id}: ${id} is not in jurisdictions; ${oneOf(places.keys())}`, path);
        continue;
      }
      const forms = place.laws.map((law) => LAW_PRESETS[law].bases[basis.basis]);
      if (forms.includes(undefined)) {
        const message = `purpose ${purpose.id}: ${basis.basis} is no basis in ${id}; ${oneOf(basesIn(place.laws))}`;
        report('basis_not_allowed', message, [...path, 'basis']);
      } else if (!forms.some((form) => form?.test(basis.reference))) {
        const message = `purpose ${purpose.id}: ${basis.reference} is not the place of ${basis.basis} in the law of ${id}`;
        report('basis_reference_mismatch', message, [...path, 'reference']);
      }
    }
    for (const id of places.keys()) {
      if (Object.hasOwn(purpose.bases, id)) continue;
      report('basis_missing', `purpose ${purpose.id} names no basis for ${id}`, ['purposes', index, 'bases']);
    }
  }
};

function basesIn(laws: PolicyPack['jurisdictions']['list'][number]['laws']): string[] {
  const [first, ...rest] = laws.map((law) => Object.keys(LAW_PRESETS[law].bases));
  return (first ?? []).filter((basis) => rest.every((other) => other.includes(basis)));
}
