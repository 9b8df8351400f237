import { basisOf, resolveJurisdiction } from '@heed/policy';
import type { PolicyPack, Purpose } from '@heed/policy';

/** Global Privacy Control is about being followed: profiling, and cookies that measure. */
export const isAboutGpc = (purpose: Purpose): boolean => purpose.profiling || purpose.cookieClass === 'analytics';

/**
 * Those that ask for consent somewhere, and to which a person at this place can say no: by refusing, or by objecting to a
 * legitimate interest, which GDPR 21(5) lets a browser do for them.
 */
export function gpcPurposes(pack: PolicyPack, place: string | undefined): readonly Purpose[] {
  const known = resolveJurisdiction(pack, place) !== undefined;
  return pack.purposes.filter((purpose) => {
    const asked = Object.values(purpose.bases).some(({ basis }) => basis === 'consent');
    const here = basisOf(pack, purpose, place)?.basis;
    return asked && isAboutGpc(purpose) && (!known || here === 'consent' || here === 'legitimate_interest');
  });
}

/** The header counts when it is exactly `1`; everything else is no signal. */
export const isGpc = (header: string | undefined): boolean => header === '1';
