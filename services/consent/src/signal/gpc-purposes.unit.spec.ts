import { loadSamplePack } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { gpcPurposes, isGpc } from './gpc-purposes.js';

const ids = (tenant: Parameters<typeof loadSamplePack>[0], place?: string): readonly string[] => gpcPurposes(loadSamplePack(tenant), place).map(({ id }) => id);

describe('what Global Privacy Control is about', () => {
  it('is profiling and analytics cookies, where a person can say no', () => {
    expect(ids('ajuni')).toEqual(['analytics']);
    expect(ids('aurigen')).toEqual(['personalisation', 'analytics']);
  });

  it('is an objection where a legitimate interest takes the place of consent (GDPR 21(5))', () => {
    expect([ids('ahurasense', 'IN'), ids('ahurasense', 'DE')]).toEqual([['analytics'], ['analytics']]);
  });

  it.each([['1', true], ['0', false], ['true', false], ['1 ', false], ['1, 1', false], ['11', false], ['', false], [undefined, false]])('is said by the header %j: %s', (header, said) => {
    expect(isGpc(header)).toBe(said);
  });
});
