import { canonicalJson } from '@heed/crypto';
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { leafHash } from '../tree/hash.js';

const base64url = (bytes: number): z.ZodString => z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 4) / 3)}}$`));

const named = {
  /** In lower case: its text is hashed. */
  id: z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  kind: z.string().min(1).max(200),
  /** UTC, RFC 3339; its text is hashed, so it is written the same way wherever the record is read. */
  at: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/),
};

/** One thing that happened, as whoever may know it reads it. */
export const ledgerRecord = z.strictObject({
  ...named,
  /** The pseudonym of the person meant. */
  ref: z.string().min(1).max(200).optional(),
  /** Metadata, never personal data. */
  data: z.record(z.string(), z.json()),
  /** 16 random bytes: without them nobody can try out who or what a commitment stands for. */
  salt: base64url(16),
});
export type LedgerRecord = z.infer<typeof ledgerRecord>;

/** The same record without its opening: when something of which kind happened, not to whom. */
export const withheldRecord = z.strictObject({ ...named, commitment: base64url(32) });
export type WithheldRecord = z.infer<typeof withheldRecord>;

export const newSalt = (): string => randomBytes(16).toString('base64url');

/** SHA-256 over the salt and the canonical JSON of whom and what the record is about. */
export function commitmentOf({ ref, data, salt }: Pick<LedgerRecord, 'ref' | 'data' | 'salt'>): string {
  return createHash('sha256')
    .update(Buffer.from(salt, 'base64url'))
    .update(canonicalJson({ ref: ref ?? null, data }))
    .digest('base64url');
}

export const withhold = (record: LedgerRecord): WithheldRecord => ({ id: record.id, kind: record.kind, at: record.at, commitment: commitmentOf(record) });

/** The bytes that the tree is built over: they name nobody, and stay when the record itself is pruned. */
export function leafOf(record: LedgerRecord | WithheldRecord): Buffer {
  const { id, kind, at } = record;
  const commitment = 'commitment' in record ? record.commitment : commitmentOf(record);
  return Buffer.from(canonicalJson({ at, commitment, id, kind, v: 1 }));
}

export const recordHash = (record: LedgerRecord | WithheldRecord): Buffer => leafHash(leafOf(record));
