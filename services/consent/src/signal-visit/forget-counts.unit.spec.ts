import { loadSamplePack } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { keptCounts } from './forget-counts.job.js';

describe('counts of visits are kept', () => {
  it('for thirteen months after the month that they are of (AJU-30)', () => {
    expect(keptCounts(loadSamplePack('ajuni'))).toEqual({ keep: 'P13M', wholeMonths: true });
  });

  it('for twelve months from the visit (AUR-29)', () => {
    expect(keptCounts(loadSamplePack('aurigen'))).toEqual({ keep: 'P12M', wholeMonths: false });
  });

  it('for thirteen months where the policy counts from the end of a consent, of which a count has none', () => {
    expect(loadSamplePack('auronx').retention.find(({ category }) => category === 'web_analytics')).toMatchObject({ from: 'consent_end' });
    expect(keptCounts(loadSamplePack('auronx'))).toEqual({ keep: 'P13M', wholeMonths: false });
  });
});
