import type { KekModule } from '@heed/crypto';
import { z } from 'zod';

/**
 * What somebody recorded of the module that holds the key-encryption keys: a validation that anybody can look up, and which
 * module at hand it is of. A module's own word is no evidence, and a file cannot make one of what is not validated.
 */
export const kekEvidence = z.strictObject({
  module: z.string().min(1),
  vendor: z.string().min(1),
  standard: z.enum(['FIPS 140-2', 'FIPS 140-3']),
  level: z.number().int().min(1).max(4),
  /** Number in NIST's Cryptographic Module Validation Program. */
  cmvpCertificate: z.number().int().positive(),
  /** The last day on which the certificate counts. */
  validUntil: z.iso.date(),
  recordedBy: z.string().min(1),
  recordedAt: z.iso.datetime({ offset: true }),
  /** The module at hand: the serial number of a PKCS#11 token, or a KMS's address with its mount. */
  binding: z.strictObject({ provider: z.enum(['pkcs11', 'kms']), id: z.string().min(1) }),
});
export type KekEvidence = z.output<typeof kekEvidence>;

const LEVEL = 3;
const DAY_MS = 86_400_000;

/** Why the evidence does not prove that this module is one of FIPS 140 level 3 today; undefined where it does. */
export function whyNotProven(evidence: KekEvidence | undefined, module: KekModule, now: Date): string | undefined {
  if (module.provider === 'file') return 'the key-encryption keys are in files';
  if (/softhsm/i.test(`${module.maker} ${module.model}`)) return 'SoftHSM is software, whatever is recorded of it';
  if (!evidence) return 'no evidence of a validated module is recorded (HEED_KEK_EVIDENCE)';
  if (evidence.level < LEVEL) return `the recorded module is of level ${evidence.level}, and level ${LEVEL} is promised`;
  if (evidence.binding.provider !== module.provider || evidence.binding.id !== module.binding) {
    return `the evidence is of ${evidence.binding.provider} ${evidence.binding.id}, and the module in use is ${module.provider} ${module.binding}`;
  }
  if (new Date(evidence.recordedAt) > now) return 'the evidence was recorded in the future';
  if (new Date(evidence.validUntil).getTime() + DAY_MS <= now.getTime()) return `the certificate in the evidence ended on ${evidence.validUntil}`;
  return undefined;
}
