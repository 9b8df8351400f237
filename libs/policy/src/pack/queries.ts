import { NETWORK_BITS } from '@heed/kernel';
import type { NetworkBits } from '@heed/kernel';
import { createHash } from 'node:crypto';
import { resolveJurisdiction } from '../legal/jurisdictions.js';
import type { ConsentNotice, LegalBasis, NeverPurpose, PolicyPack, Purpose, RetentionRule } from './pack.schema.js';

/** One purpose by its id. */
export function purposeOf(pack: PolicyPack, id: string): Purpose | undefined {
  return pack.purposes.find((p) => p.id === id);
}

/**
 * What the policy says is never done, by id; its source is the promise to name in the refusal.
 * @example neverPurposeOf(ajuni, 'sale')?.source // 'AJU-03'
 */
export function neverPurposeOf(pack: PolicyPack, id: string): NeverPurpose | undefined {
  return pack.neverPurposes.find((p) => p.id === id);
}

/**
 * The legal basis of a purpose where a person lives; the pack's default place when none is named. Undefined when the
 * pack does not know the place: then nothing is allowed there.
 */
export function basisOf(pack: PolicyPack, purpose: Purpose, jurisdiction?: string): LegalBasis | undefined {
  const place = resolveJurisdiction(pack, jurisdiction);
  return place !== undefined && Object.hasOwn(purpose.bases, place) ? purpose.bases[place] : undefined;
}

/**
 * True when the purpose needs the person's yes there. A purpose that has a basis nowhere needs one everywhere.
 * @example requiresConsent(ahurasense, analytics, 'EU') // false: a legitimate interest there, consent in India
 */
export function requiresConsent(pack: PolicyPack, purpose: Purpose, jurisdiction?: string): boolean {
  const basis = basisOf(pack, purpose, jurisdiction);
  return basis === undefined || basis.basis === 'consent';
}

/** The purposes that "withdraw all" means: those that rest on consent in at least one jurisdiction of the pack. */
export function withdrawablePurposes(pack: PolicyPack): Purpose[] {
  return pack.purposes.filter((p) => Object.values(p.bases).some((b) => b.basis === 'consent'));
}

/** The one retention rule of a category; a parsed pack has one for every category it declares. */
export function retentionOf(pack: PolicyPack, category: string): RetentionRule | undefined {
  return pack.retention.find((r) => r.category === category);
}

/** The notice a person was shown, by id and version. */
export function consentNoticeOf(pack: PolicyPack, id: string, version: string): ConsentNotice | undefined {
  return pack.notices.consent.find((n) => n.id === id && n.version === version);
}

/** The languages a notice can be shown in, sorted. */
export function noticeLanguages(notice: ConsentNotice): string[] {
  return Object.keys(notice.texts).sort();
}

/**
 * The fingerprint of the words a person read: SHA-256, 64 hex digits; undefined when there is no text in that language. A
 * consent record keeps it, so that a text changed without a new version is found out.
 */
export function noticeHash(notice: ConsentNotice, language: string): string | undefined {
  if (!Object.hasOwn(notice.texts, language)) return undefined;
  const shown = JSON.stringify([notice.id, notice.version, language, notice.texts[language]]);
  return createHash('sha256').update(shown).digest('hex');
}

/** The bits that are kept of an IP address: the policy's promise, or the operator's default where it makes none (AJU-07, AUR-03). */
export function networkBitsOf(pack: PolicyPack): NetworkBits {
  return pack.collection.ipTruncation ?? NETWORK_BITS;
}
