import { expect, it } from 'vitest';
import { loadSamplePack } from '../files/sample-packs.js';
import type { ConsentNotice, PolicyPack } from '../pack/pack.schema.js';
import { isMaterialNoticeChange, rewordedNotices } from './notices.js';

const ajuni = loadSamplePack('ajuni');
const [signup, cookies] = ajuni.notices.consent as [ConsentNotice, ConsentNotice];
const withSignup = (changed: Partial<ConsentNotice>): PolicyPack => ({ ...ajuni, notices: { ...ajuni.notices, consent: [{ ...signup, ...changed }, cookies] } });

it('AJU-14: words that change without a new version are found', () => {
  expect(rewordedNotices(ajuni, withSignup({ texts: { ...signup.texts, en: 'Tick all.' } }))).toEqual([{ id: 'signup', version: '1', language: 'en' }]);
  expect(rewordedNotices(ajuni, withSignup({ purposes: ['analytics'] }))).toEqual([{ id: 'signup', version: '1', language: undefined }]);
});

it('a new version, another language, one less, or another order is no rewording', () => {
  const { hi: _, ...english } = signup.texts;
  for (const changed of [{ version: '2', texts: { en: 'New.' } }, { texts: { ...signup.texts, ta: 'வணக்கம்' } }, { texts: english }, { purposes: [...signup.purposes].reverse() }]) {
    expect(rewordedNotices(ajuni, withSignup(changed))).toEqual([]);
  }
});

it.each([
  ['1', ['analytics'], '2', ['analytics'], true],
  ['1', ['analytics'], '1.1', ['analytics'], false],
  ['2', ['analytics'], '10', ['analytics'], true],
  ['1.9', ['analytics'], '1.10', ['analytics', 'marketing_email'], true],
  ['1', ['analytics', 'marketing_email'], '1.1', ['analytics'], false],
  ['2', ['analytics'], '1', ['analytics'], false],
])('version %s of %j → %s of %j asks again: %s', (former, before, next, after, again) => {
  expect(isMaterialNoticeChange({ version: former, purposes: before }, { version: next, purposes: after })).toBe(again);
});
