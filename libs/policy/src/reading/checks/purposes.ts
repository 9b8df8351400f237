import { oneOf, type Check } from './check.js';

/** What is never done cannot also be a purpose, and nobody may be asked to agree to what needs no agreement. */
export const checkPurposes: Check = (pack, report) => {
  const known = new Map(pack.purposes.map((p) => [p.id, p]));
  for (const [i, never] of pack.neverPurposes.entries()) {
    if (!known.has(never.id)) continue;
    const index = pack.purposes.findIndex((p) => p.id === never.id);
    report('purpose_denied', `${never.id} is declared as never done (neverPurposes[${i}]), so it is no purpose`, ['purposes', index, 'id']);
  }
  for (const [i, vendor] of pack.subprocessors.vendors.entries()) {
    for (const [j, id] of vendor.purposes.entries()) {
      if (known.has(id)) continue;
      report('purpose_unknown', `vendor ${vendor.id}: no purpose ${id}; ${oneOf(known.keys())}`, ['subprocessors', 'vendors', i, 'purposes', j]);
    }
  }
  for (const [i, notice] of pack.notices.consent.entries()) {
    for (const [j, id] of notice.purposes.entries()) {
      const path = ['notices', 'consent', i, 'purposes', j];
      const purpose = known.get(id);
      if (!purpose) report('purpose_unknown', `notice ${notice.id}: no purpose ${id}; ${oneOf(known.keys())}`, path);
      else if (!Object.values(purpose.bases).some((b) => b.basis === 'consent')) {
        report('consent_not_needed', `notice ${notice.id} asks for ${id}, which rests on consent nowhere`, path);
      }
    }
    if (Object.keys(notice.texts).length === 0) {
      report('language_missing', `notice ${notice.id} has no text in any language`, ['notices', 'consent', i, 'texts']);
    }
  }
};
