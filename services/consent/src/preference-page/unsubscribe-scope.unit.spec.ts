import { loadSamplePack } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { scopeOf } from './unsubscribe.use-case.js';

const ids = (pack: PolicyPack, purpose: string | null): readonly string[] => scopeOf(pack, purpose).map(({ id }) => id);

/** Ajuni's policy with a second kind of marketing, and the scope that is tested. */
function packWith(value: 'all_marketing' | 'purpose'): PolicyPack {
  const pack = loadSamplePack('ajuni');
  const events = pack.purposes.flatMap((purpose) => (purpose.id === 'marketing_email' ? [{ ...purpose, id: 'events' }] : []));
  const marketing = { ...pack.messages.marketing, unsubscribeScope: { ...pack.messages.marketing.unsubscribeScope, value } };
  return { ...pack, purposes: [...pack.purposes, ...events], messages: { ...pack.messages, marketing } };
}

describe('what one click ends', () => {
  it('is all marketing where the policy promises that, whichever mail it was (AJU-22)', () => {
    expect(loadSamplePack('ajuni').messages.marketing.unsubscribeScope).toMatchObject({ value: 'all_marketing', source: 'AJU-22' });
    expect(ids(packWith('all_marketing'), 'events')).toEqual(['marketing_email', 'events']);
    expect(ids(packWith('all_marketing'), null)).toEqual(['marketing_email', 'events']);
  });

  it('is the purpose of the mail where the policy says that, and all marketing where the mail names none', () => {
    expect(ids(packWith('purpose'), 'events')).toEqual(['events']);
    expect(ids(packWith('purpose'), null)).toEqual(['marketing_email', 'events']);
  });

  it('is never what nobody can take back, also when a mail was sent for it', () => {
    expect(ids(packWith('purpose'), 'service')).toEqual([]);
    expect(ids(packWith('all_marketing'), 'service')).toEqual(['marketing_email', 'events']);
  });

  it('is all marketing when the mail’s purpose is one that a later policy has no more', () => {
    expect(ids(packWith('purpose'), 'forgotten_purpose')).toEqual(['marketing_email', 'events']);
  });
});
