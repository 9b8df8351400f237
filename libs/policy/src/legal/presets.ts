import type { Basis } from '../pack/sections/purposes.schema.js';
import type { LawId } from '../pack/sections/jurisdictions.schema.js';

/** A deadline that a law sets, with the place in the law. */
export interface LegalClock {
  readonly duration: string;
  readonly source: string;
  /** A last day on a weekend or holiday moves to the next working day. */
  readonly movesToWorkingDay: boolean;
}

/** What one law says from a day on. A change of law is a new entry, so that old cases keep their clocks. */
export interface LawVersion {
  /** `YYYY-MM-DD`, in the tenant's zone. */
  readonly effectiveFrom: string;
  /** Left out: the law names no number of days. */
  readonly acknowledge?: LegalClock;
  readonly resolve?: LegalClock;
  readonly extension?: LegalClock & { readonly count: number };
  /** A complaint about an answer, not the request itself. */
  readonly grievance?: LegalClock;
  readonly breachToAuthority?: LegalClock;
  /** Below this age consent is a parent's. */
  readonly ageOfConsent?: { readonly years: number; readonly source: string };
}

export interface LawPreset {
  readonly id: LawId;
  readonly title: string;
  /** The jurisdictions in which a pack must name this law. */
  readonly jurisdictions: readonly string[];
  /** Each basis the law knows, with the form of its reference. What is missing here cannot be a basis there. */
  readonly bases: Readonly<Partial<Record<Basis, RegExp>>>;
  /** Oldest first. */
  readonly versions: readonly LawVersion[];
}

const calendarClock = (duration: string, source: string, movesToWorkingDay = false): LegalClock => ({
  duration,
  source,
  movesToWorkingDay,
});

/** Article 6(1) of the GDPR and of its British twin. */
function article6(law: string): LawPreset['bases'] {
  const letter = (l: string): RegExp => new RegExp(`^${law} 6\\(1\\)\\(${l}\\)$`);
  return {
    consent: letter('a'),
    contract: letter('b'),
    legal_obligation: letter('c'),
    vital_interests: letter('d'),
    public_task: letter('e'),
    legitimate_interest: letter('f'),
  };
}

/** The laws as data. Adding a law or a new version of one is an entry here and a row in the clocks' worked examples. */
export const LAW_PRESETS: Readonly<Record<LawId, LawPreset>> = {
  GDPR: {
    id: 'GDPR',
    title: 'General Data Protection Regulation (EU) 2016/679',
    jurisdictions: ['EU'],
    bases: article6('GDPR'),
    versions: [
      {
        effectiveFrom: '2018-05-25',
        resolve: calendarClock('P1M', 'GDPR 12(3)', true),
        extension: { ...calendarClock('P2M', 'GDPR 12(3)', true), count: 1 },
        breachToAuthority: calendarClock('PT72H', 'GDPR 33(1)'),
        // Member states may go down to 13 (from memory); a policy that relies on one must say so by its own jurisdiction.
        ageOfConsent: { years: 16, source: 'GDPR 8(1)' },
      },
    ],
  },
  UK_GDPR: {
    id: 'UK_GDPR',
    title: 'UK General Data Protection Regulation',
    jurisdictions: ['UK'],
    bases: article6('UK GDPR'),
    versions: [
      {
        effectiveFrom: '2021-01-01',
        resolve: calendarClock('P1M', 'UK GDPR 12(3)', true),
        extension: { ...calendarClock('P2M', 'UK GDPR 12(3)', true), count: 1 },
        breachToAuthority: calendarClock('PT72H', 'UK GDPR 33(1)'),
        ageOfConsent: { years: 13, source: 'UK GDPR 8(1)' },
      },
    ],
  },
  DPDP: {
    id: 'DPDP',
    title: 'Digital Personal Data Protection Act, 2023 (India)',
    jurisdictions: ['IN'],
    // Legitimate interest and contract are no bases here: section 4 knows consent and the uses of section 7 alone.
    bases: { consent: /^DPDP 6$/, legitimate_use: /^DPDP 7\([a-i]\)$/ },
    versions: [
      // No number of days for access or erasure: the policy's own clock is the only one.
      // Who is a child has been law since then, though the duty of section 9 to have a parent's consent is not: whoever
      // waited for it would have to ask a second time, so the age counts from here on.
      { effectiveFrom: '2025-11-14', ageOfConsent: { years: 18, source: 'DPDP 2(f)' } },
      {
        effectiveFrom: '2027-05-14',
        grievance: calendarClock('P90D', 'DPDP Rule 14(3)'),
        breachToAuthority: calendarClock('PT72H', 'DPDP Rule 7(2)'),
        ageOfConsent: { years: 18, source: 'DPDP 9(1)' },
      },
    ],
  },
  CCPA: {
    id: 'CCPA',
    title: 'California Consumer Privacy Act',
    jurisdictions: ['US-CA'],
    bases: {
      consent: /^CCPA 1798\.\d+$/,
      contract: /^CCPA 1798\.\d+$/,
      legal_obligation: /^CCPA 1798\.\d+$/,
      legitimate_interest: /^CCPA 1798\.\d+$/,
    },
    versions: [
      {
        effectiveFrom: '2020-01-01',
        acknowledge: calendarClock('P10BD', 'CCPA Regs 7021(a)'),
        resolve: calendarClock('P45D', 'CCPA 1798.130(a)(2)'),
        extension: { ...calendarClock('P45D', 'CCPA 1798.130(a)(2)'), count: 1 },
        // Below 13 a parent opts in, from 13 on the person does (from memory); the higher of the two is taken for both.
        ageOfConsent: { years: 16, source: 'CCPA 1798.120(c)' },
      },
    ],
  },
};

/**
 * The version of a law in force on a day, or undefined before its first.
 * @param day `YYYY-MM-DD`
 */
export function lawInForce(law: LawId, day: string): LawVersion | undefined {
  return LAW_PRESETS[law].versions.findLast((version) => version.effectiveFrom <= day);
}
