import type { Identifier } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { basisOf, childPromise, neverPurposeOf, purposeOf } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { limitFor, strictest, targets } from '../children/child-guard.js';
import { presentPeople } from '../consent-record/consent-record.store.js';
import type { PresentState } from '../consent-record/consent-record.store.js';
import { hasExpired, isNo, isOff, isOpen } from '../consent-record/decision.js';
import { personIn } from '../subject/normalise.js';
import { SubjectStore } from '../subject/subject.store.js';

export interface Check {
  readonly subject: { readonly identifiers: readonly Identifier[] } | { readonly ref: string };
  readonly purpose: string;
  readonly jurisdiction?: string | undefined;
  /** A branded domain: what was decided there counts, and nothing else. */
  readonly domain?: string | undefined;
}

export interface CheckAnswer {
  readonly allowed: boolean;
  readonly purpose: string;
  readonly basis: string | null;
  readonly reason: string;
  readonly recordId: string | null;
  readonly promise?: string;
}

/** May this person's data be used for this purpose now? The default is no (AJU-08, AJU-15). */
export class CheckConsent {
  constructor(
    private readonly subjects: SubjectStore,
    private readonly policies: PolicyStore,
  ) {}

  async check(tx: Tx, checks: readonly Check[]): Promise<readonly CheckAnswer[]> {
    const { pack } = await this.policies.current(tx);
    const country = pack.tenant.country?.value;
    const found = await this.subjects.find(tx, checks.map(({ subject }) => personIn(subject, country)));
    const { states, ages } = await presentPeople(tx, found.flatMap((person) => (person ? [person.ref, ...person.aliases] : [])));
    const stateOf = new Map(states.map((state) => [keyOf(state), state]));
    return checks.map(({ purpose, jurisdiction, domain = '' }, index) => {
      const answer = (allowed: boolean, basis: string | null, reason: string, recordId: string | null = null): CheckAnswer => ({
        allowed, purpose, basis, reason, recordId,
      });
      const never = neverPurposeOf(pack, purpose);
      if (never) return { ...answer(false, null, 'never_purpose'), promise: [never.source].flat()[0] ?? 'operator_default' };
      const declared = purposeOf(pack, purpose);
      if (!declared) return answer(false, null, 'purpose_unknown');
      const legal = basisOf(pack, declared, jurisdiction);
      if (!legal) return answer(false, null, 'no_basis_in_jurisdiction');
      const { basis } = legal;
      const person = found[index];
      // Where the identifiers lead to several people, the strictest decision counts.
      const refs = person ? [person.ref, ...person.aliases] : [];
      const known = ages.size === 0 ? [] : refs.flatMap((ref) => ages.get(ref) ?? []);
      if (known.length > 0) {
        // Nobody follows or targets a child, on whatever ground (AJU-25); who may be one is left alone until somebody has looked.
        const group = strictest(known, limitFor(pack, jurisdiction, tx.clock.now()).years);
        if (group === 'suspected' && (basis === 'consent' || targets(declared))) return protectedBy(answer(false, basis, 'age_unverified'), childPromise(pack, targets(declared)));
        if (group === 'child' && targets(declared)) return protectedBy(answer(false, basis, 'child'), childPromise(pack, true));
      }
      const held = refs.map((ref) => {
        const [here, everywhere] = [domain, ''].map((on) => stateOf.get(keyOf({ ref, purpose, domain: on })));
        // A no that named no domain is meant for all of them, also for one that nothing was decided about.
        return here ?? (everywhere && isNo(everywhere.state) ? everywhere : undefined);
      });
      if (basis !== 'consent') {
        // A contract or a law goes on whatever was said; a legitimate interest ends with an objection (GDPR 21).
        const objection = basis === 'legitimate_interest' ? held.find((state) => state && isNo(state.state)) : undefined;
        return objection ? answer(false, basis, objection.state, objection.recordId) : answer(true, basis, 'basis_without_consent');
      }
      const no = held.find((state) => isOff(state?.state));
      if (no) return answer(false, basis, no.state, no.recordId);
      const [first] = held;
      if (!first || held.some((state) => !state || isOpen(state.state))) return answer(false, basis, 'no_decision');
      const over = held.find((state): state is PresentState => state !== undefined && hasExpired(state, tx.clock.now()));
      if (over) return answer(false, basis, 'expired', over.recordId);
      return answer(true, basis, 'given', first.recordId);
    });
  }
}

const keyOf = ({ ref, purpose, domain }: { readonly ref: string; readonly purpose: string; readonly domain: string }): string => `${ref} ${purpose} ${domain}`;

const protectedBy = (answer: CheckAnswer, promise: string | undefined): CheckAnswer => (promise === undefined ? answer : { ...answer, promise });
