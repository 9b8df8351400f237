import type { Identifier } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { basisOf, neverPurposeOf, purposeOf } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { presentStates } from '../consent-record/consent-record.store.js';
import { normalise } from '../subject/normalise.js';
import { SubjectStore } from '../subject/subject.store.js';

export interface Check {
  readonly subject: { readonly identifiers: readonly Identifier[] } | { readonly ref: string };
  readonly purpose: string;
  readonly jurisdiction?: string | undefined;
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
    const people = checks.map(({ subject }) =>
      'ref' in subject ? subject : { identifiers: subject.identifiers.map((identifier) => normalise(identifier, country)) },
    );
    const found = await this.subjects.find(tx, people);
    const states = await presentStates(tx, found.flatMap((person) => (person ? [person.ref, ...person.aliases] : [])));
    return checks.map(({ purpose, jurisdiction }, index) => {
      const answer = (allowed: boolean, basis: string | null, reason: string, recordId: string | null = null): CheckAnswer => ({
        allowed, purpose, basis, reason, recordId,
      });
      const never = neverPurposeOf(pack, purpose);
      if (never) return { ...answer(false, null, 'never_purpose'), promise: [never.source].flat()[0] ?? 'operator_default' };
      const declared = purposeOf(pack, purpose);
      if (!declared) return answer(false, null, 'purpose_unknown');
      const basis = basisOf(pack, declared, jurisdiction);
      if (!basis) return answer(false, null, 'no_basis_in_jurisdiction');
      if (basis.basis !== 'consent') return answer(true, basis.basis, 'basis_without_consent');
      const person = found[index];
      if (!person) return answer(false, 'consent', 'no_decision');
      // Where the identifiers lead to several people, the strictest decision counts.
      const decisions = [person.ref, ...person.aliases].map((ref) => states.find((s) => s.ref === ref && s.purpose === purpose));
      const no = decisions.find((state) => state && state.state !== 'given');
      if (no) return answer(false, 'consent', no.state, no.recordId);
      if (decisions.some((state) => !state)) return answer(false, 'consent', 'no_decision');
      return answer(true, 'consent', 'given', decisions[0]?.recordId ?? null);
    });
  }
}
