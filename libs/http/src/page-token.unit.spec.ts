import { expect, it } from 'vitest';
import { hashOfPageToken, newPageToken, tenantOfPageToken } from './page-token.js';

/** One that a mail of an earlier release may hold. */
const OUT = 'ajuni.BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH';

it('a link that is out goes on to be found, by the same hash under the same tenant', () => {
  expect(tenantOfPageToken(OUT)).toBe('ajuni');
  expect(hashOfPageToken(OUT).toString('hex')).toBe('fcec2fea22f202f03a34b919b617aa02e5e3bfef59995f3a7d4635c99823602c');
});

it("a new one names its tenant, and is nobody else's", () => {
  const [one, other] = [newPageToken('au-bit'), newPageToken('au-bit')];
  expect(one).not.toBe(other);
  expect(tenantOfPageToken(one)).toBe('au-bit');
  for (const wrong of ['', 'ajuni', OUT.slice(0, -1), `${OUT}A`, OUT.replace('ajuni', 'Ajuni'), OUT.replace('ajuni', 'a')]) expect(tenantOfPageToken(wrong)).toBeUndefined();
});
