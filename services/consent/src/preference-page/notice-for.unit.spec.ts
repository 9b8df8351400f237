import { loadSamplePack } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { noticeFor } from './read-preferences.js';

const ajuni = loadSamplePack('ajuni');
const withNotices = (...consent: PolicyPack['notices']['consent']): PolicyPack => ({ ...ajuni, notices: { ...ajuni.notices, consent } });
const notice = (id: string, version: string, purposes: string[], texts: Record<string, string> = { en: `${id} ${version}` }): PolicyPack['notices']['consent'][number] => ({
  id, version, purposes, texts, source: 'AJU-14',
});

describe('the words that a yes on the page is bound to', () => {
  it('are those of the notice that asks about least else', () => {
    expect([noticeFor(ajuni, 'analytics', 'en')?.id, noticeFor(ajuni, 'marketing_email', 'en')?.id]).toEqual(['cookies', 'signup']);
  });

  it('are those of its newest version, however the policy lists them', () => {
    const pack = withNotices(notice('a', '10', ['analytics']), notice('a', '9.2', ['analytics']), notice('a', '2', ['analytics', 'marketing_email']));
    expect(noticeFor(pack, 'analytics', 'en')).toMatchObject({ id: 'a', version: '10' });
  });

  it('are in the language of the page, else in the first of the tenant that the notice has, else in what there is', () => {
    expect(noticeFor(ajuni, 'analytics', 'hi')?.language).toBe('hi');
    expect(noticeFor(withNotices(notice('a', '1', ['analytics'], { hi: 'x' })), 'analytics', 'en')?.language).toBe('hi');
    expect(noticeFor(withNotices(notice('a', '1', ['analytics'], { fr: 'x' })), 'analytics', 'en')?.language).toBe('fr');
  });

  it('are none where no notice asks', () => {
    expect(noticeFor(ajuni, 'service', 'en')).toBeUndefined();
  });
});
