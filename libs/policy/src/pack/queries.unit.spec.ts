import { describe, expect, it } from 'vitest';
import { loadSamplePack } from '../files/sample-packs.js';
import { resolveJurisdiction } from '../legal/jurisdictions.js';
import type { PolicyPack, Purpose } from './pack.schema.js';
import { basisOf, consentNoticeOf, neverPurposeOf, noticeHash, noticeLanguages, purposeOf, requiresConsent, retentionOf, withdrawablePurposes } from './queries.js';

const ajuni = loadSamplePack('ajuni');
const ahurasense = loadSamplePack('ahurasense');

function purpose(pack: PolicyPack, id: string): Purpose {
  const found = purposeOf(pack, id);
  if (!found) throw new Error(id);
  return found;
}

describe('asking a pack', () => {
  it('analytics and marketing mail need consent under the GDPR', () => {
    for (const id of ['analytics', 'marketing_email']) {
      expect(basisOf(ajuni, purpose(ajuni, id), 'EU')).toMatchObject({ basis: 'consent', reference: 'GDPR 6(1)(a)' });
      expect(requiresConsent(ajuni, purpose(ajuni, id), 'EU')).toBe(true);
    }
  });

  it('security rests on legitimate interest under the GDPR, which is none in India', () => {
    const security = purpose(ajuni, 'security');
    expect(basisOf(ajuni, security, 'EU')).toMatchObject({ basis: 'legitimate_interest', reference: 'GDPR 6(1)(f)' });
    expect(basisOf(ajuni, security, 'IN')).toMatchObject({ basis: 'legitimate_use' });
    expect(requiresConsent(ajuni, security, 'IN')).toBe(false);
  });

  it('the same purpose may need consent in one place and not in another', () => {
    const analytics = purpose(ahurasense, 'analytics');
    expect(requiresConsent(ahurasense, analytics)).toBe(true);
    expect(requiresConsent(ahurasense, analytics, 'FR')).toBe(false);
    expect(withdrawablePurposes(ahurasense).map((p) => p.id)).toEqual(['marketing_email', 'analytics']);
  });

  it('a place that the pack does not know allows nothing', () => {
    expect(resolveJurisdiction(ajuni, 'BR')).toBeUndefined();
    expect(basisOf(ajuni, purpose(ajuni, 'service'), 'BR')).toBeUndefined();
    expect(requiresConsent(ajuni, purpose(ajuni, 'service'), 'BR')).toBe(true);
    expect(basisOf(ajuni, purpose(ajuni, 'service'), '__proto__')).toBeUndefined();
  });

  it('finds a country in the area whose law it shares', () => {
    expect(resolveJurisdiction(ajuni)).toBe('IN');
    expect(resolveJurisdiction(ajuni, 'de')).toBe('EU');
    expect(resolveJurisdiction(loadSamplePack('aurigen'), 'GB')).toBe('UK');
  });

  it('what is never done is named with its promise', () => {
    expect(neverPurposeOf(ajuni, 'sale')?.source).toBe('AJU-03');
    expect(neverPurposeOf(ahurasense, 'sale')).toBeUndefined();
  });

  it('a notice is bound to the words that were read', () => {
    const notice = consentNoticeOf(ajuni, 'signup', '1');
    if (!notice) throw new Error('no notice');
    expect(noticeLanguages(notice)).toEqual(['en', 'hi']);
    expect(noticeHash(notice, 'en')).toMatch(/^[0-9a-f]{64}$/);
    expect(noticeHash(notice, 'en')).not.toBe(noticeHash(notice, 'hi'));
    expect(noticeHash(notice, 'fr')).toBeUndefined();
    expect(noticeHash({ ...notice, texts: { en: `${notice.texts['en']}!` } }, 'en')).not.toBe(noticeHash(notice, 'en'));
  });

  it('conversations have a schedule that runs while the account is active', () => {
    const auronx = loadSamplePack('auronx');
    expect(retentionOf(auronx, 'whatsapp_conversation')).toMatchObject({ keep: { value: 'P24M' }, whileActive: 'expire' });
    expect(retentionOf(auronx, 'contact')).toMatchObject({ whileActive: 'keep' });
  });
});
