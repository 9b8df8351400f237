import type { KekModule } from '@heed/crypto';
import { describe, expect, it } from 'vitest';
import { kekEvidence, whyNotProven } from './kek-evidence.js';
import type { KekEvidence } from './kek-evidence.js';

const now = new Date('2026-11-21T10:00:00Z');
const hsm: KekModule = { provider: 'pkcs11', maker: 'Acme', model: 'Vault 7', binding: '00A1' };
const evidence: KekEvidence = {
  module: 'Acme Vault 7', vendor: 'Acme', standard: 'FIPS 140-2', level: 3, cmvpCertificate: 4321, validUntil: '2026-11-21',
  recordedBy: 'dpo@example.com', recordedAt: '2026-01-05T09:00:00Z', binding: { provider: 'pkcs11', id: '00A1' },
};

describe('evidence of a validated module', () => {
  it('proves the module that it names, until the end of its last day', () => {
    expect(whyNotProven(evidence, hsm, now)).toBeUndefined();
    expect(whyNotProven(evidence, hsm, new Date('2026-11-21T23:59:59Z'))).toBeUndefined();
    expect(whyNotProven(evidence, hsm, new Date('2026-11-22T00:00:00Z'))).toMatch(/ended on 2026-11-21/);
    expect(whyNotProven({ ...evidence, standard: 'FIPS 140-3', level: 4 }, hsm, now)).toBeUndefined();
  });

  it.each<[string, KekEvidence | undefined, KekModule, RegExp]>([
    ['none is recorded', undefined, hsm, /no evidence/],
    ['its level is lower', { ...evidence, level: 2 }, hsm, /level 2/],
    ['it is of another token', evidence, { ...hsm, binding: '00B2' }, /00A1.*00B2/],
    ['it is of another kind of provider', evidence, { ...hsm, provider: 'kms' }, /kms/],
    ['it comes from the future', { ...evidence, recordedAt: '2026-12-01T00:00:00Z' }, hsm, /future/],
    ['the keys are in files', evidence, { ...hsm, provider: 'file' }, /files/],
    ['the module is SoftHSM', evidence, { ...hsm, maker: 'SoftHSM project', model: 'SoftHSM v2' }, /SoftHSM is software/],
  ])('proves nothing where %s', (_, recorded, module, why) => {
    expect(whyNotProven(recorded, module, now)).toMatch(why);
  });

  it.each([['a certificate\'s number', { cmvpCertificate: undefined }], ['who recorded it', { recordedBy: '' }], ['a standard that counts', { standard: 'ISO 9001' }], ['nothing besides', { note: 'trust me' }]])(
    'is not accepted without %s',
    (_, change) => {
      expect(kekEvidence.safeParse(evidence).success).toBe(true);
      expect(kekEvidence.safeParse({ ...evidence, ...change }).success).toBe(false);
    },
  );
});
