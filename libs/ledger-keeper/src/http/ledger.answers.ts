import { classified, instant, subjectRef, uuid } from '@heed/kernel';
import { pageAnswer, pageQuery } from '@heed/http';
import { z } from 'zod';

const place = classified('none', z.int().min(0));
const hash = classified('none', z.string().regex(/^[A-Za-z0-9+/]{43}=$/)).describe('SHA-256, base64.');
const note = classified('none', z.string()).describe('A C2SP signed note: origin, size, root and the signature.');

export const ledgerAnswer = z
  .strictObject({
    origin: classified('organisational', z.string()).describe("The ledger's name: `heed/<owner>/<tenant>`."),
    size: place.describe('Records that have their places.'),
    root: hash,
    key: classified('none', z.string()).describe('The public key as a C2SP vkey; compare it with one that you got another way.'),
    checkpoint: note.nullable().describe('The newest signed checkpoint; null before the first.'),
    pruned: z
      .strictObject({
        upTo: place.describe('Records before this place were pruned; their leaf hashes stay.'),
        before: instant.describe('They were recorded before this time.'),
        by: classified('none', z.string()).describe('The promise, or `operator_default`, that says how long records are kept.'),
      })
      .nullable(),
  })
  .meta({ id: 'Ledger' });

export const checkpointAnswer = z.strictObject({ size: place, root: hash, note, madeAt: instant }).meta({ id: 'LedgerCheckpoint' });

export const recordAnswer = z
  .strictObject({
    index: place,
    id: uuid,
    kind: classified('none', z.string()),
    at: instant,
    ref: subjectRef.optional(),
    data: classified('pseudonymous', z.record(z.string(), z.json())).describe('Metadata of what happened.'),
    salt: classified('none', z.string()).describe('16 random bytes, base64url: with it the leaf can be computed.'),
  })
  .meta({ id: 'LedgerRecord' });

export const tileAnswer = z
  .strictObject({ level: place, index: place, width: z.int().min(1).max(256), hashes: classified('none', z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/)).describe('`width` hashes of 32 bytes.') })
  .meta({ id: 'LedgerTile' });

export const inclusionAnswer = z
  .strictObject({ index: place, size: place, proof: z.array(hash).describe('From the leaf upwards (RFC 6962).') })
  .meta({ id: 'LedgerInclusion' });

export const consistencyAnswer = z.strictObject({ from: place, to: place, proof: z.array(hash) }).meta({ id: 'LedgerConsistency' });

export const checkpointsAnswer = pageAnswer(checkpointAnswer);
export const recordsAnswer = pageAnswer(recordAnswer);

const MOST_LEAVES = Number.MAX_SAFE_INTEGER;
const count = z.coerce.number().int().min(0).max(MOST_LEAVES);

export const ownerParams = z.object({ owner: classified('none', z.string().max(60)).describe('The service whose ledger it is.') });
export const tileParams = ownerParams.extend({
  level: z.coerce.number().int().min(0).max(7).describe('0 has the leaf hashes; hash n of level l + 1 stands over tile n of level l.'),
  index: count,
});
export const recordsQuery = pageQuery.extend({ limit: z.coerce.number().int().min(1).max(1000).default(100).describe('Longest page that is wanted.') });
export const inclusionQuery = z.object({
  entry: uuid.describe("The record's id."),
  size: count.optional().describe('Leaves of the tree to prove it in; the newest checkpoint if not said.'),
});
export const consistencyQuery = z.object({ from: count, to: count });
