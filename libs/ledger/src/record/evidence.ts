import { malformed } from '@heed/kernel';
import { z } from 'zod';
import { openCheckpoint } from '../checkpoint/checkpoint.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { verifyInclusion } from '../tree/verify.js';
import { ledgerRecord, recordHash, withheldRecord } from './record.js';

/** All that is needed, besides the ledger's public key, to see that a record stands in the ledger. */
export const ledgerEvidence = z.strictObject({
  origin: z.string().min(1),
  index: z.int().min(0),
  /** Leaves of the tree that the proof and the checkpoint are about. */
  size: z.int().min(1),
  record: z.union([ledgerRecord, withheldRecord]),
  /** Hashes in base64, from the leaf upwards. */
  inclusion: z.array(z.base64().length(44)).max(64),
  /** A C2SP signed note. */
  checkpoint: z.string().max(20_000),
});
export type LedgerEvidence = z.infer<typeof ledgerEvidence>;

/**
 * Checks a piece of evidence with nothing but the public key.
 * @returns the signed checkpoint that the record is proven against
 * @throws HeedError what `openCheckpoint` throws; `evidence_mismatch` (the parts are about different ledgers or sizes);
 *   `inclusion_wrong` (the record, its place or the proof was changed).
 * @example verifyEvidence(certificate.ledger, 'heed/dsar/ajuni+1a2b3c4d+AbCd…')
 */
export function verifyEvidence(evidence: LedgerEvidence, vkey: string): Checkpoint {
  const checkpoint = openCheckpoint(evidence.checkpoint, vkey);
  if (checkpoint.origin !== evidence.origin || checkpoint.size !== evidence.size) {
    throw malformed('evidence_mismatch', 'The evidence and its checkpoint are about different ledgers or sizes.');
  }
  const proof = evidence.inclusion.map((hash) => Buffer.from(hash, 'base64'));
  const { index, size, record } = evidence;
  if (!verifyInclusion({ index, size, leafHash: recordHash(record), proof, root: checkpoint.root })) {
    throw malformed('inclusion_wrong', `Record ${record.id} does not stand at place ${index} of ${evidence.origin} as it is written here.`);
  }
  return checkpoint;
}
