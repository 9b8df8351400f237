import { classified, defineEvent, instant, subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';

/** `heed/<service>/<tenant>`, e.g. `heed/consent/ajuni`: which ledger is meant, in checkpoints and as the key on Kafka. */
export const ledgerOrigin = classified('organisational', z.string().regex(/^heed\/[a-z][a-z0-9-]{0,40}\/[a-z][a-z0-9-]{1,31}$/));
const size = classified('none', z.int().min(0));
const base64 = (bytes: number): z.ZodString => z.string().regex(new RegExp(`^[A-Za-z0-9+/]{${Math.ceil((bytes * 8) / 6)}}={0,2}$`));

/** A record as its ledger opens it: whoever has it can compute its leaf. */
export const sequencedRecord = z.strictObject({
  id: uuid,
  kind: classified('none', z.string().min(1).max(200)),
  at: instant,
  ref: subjectRef.optional(),
  /** What happened, as metadata; persons stand in it by their ref alone. */
  data: classified('pseudonymous', z.record(z.string(), z.json())),
  /** 16 random bytes, base64url: hides the record behind its leaf. */
  salt: classified('none', z.string().regex(/^[A-Za-z0-9_-]{22}$/)),
});
export type SequencedRecord = z.output<typeof sequencedRecord>;

/** The most records of one event; fewer where they are large. */
export const SEQUENCED_AT_ONCE = 500;

export const ledgerSequenced = defineEvent({
  type: 'heed.ledger.sequenced.v1',
  topics: ['heed.ledger.entries.v1'],
  summary: 'Records got their places in a ledger, one after the other from `from` on. What a restored service continues its tree from.',
  data: z.strictObject({
    origin: ledgerOrigin,
    /** The place of the first, counted from 0. */
    from: size,
    records: z.array(sequencedRecord).min(1).max(SEQUENCED_AT_ONCE),
  }),
});

export const ledgerCheckpoint = defineEvent({
  type: 'heed.ledger.checkpoint.v1',
  topics: ['heed.ledger.checkpoints.v1'],
  summary: 'A ledger signed its size and root. A service whose ledger is behind its newest checkpoint serves nothing.',
  data: z.strictObject({
    origin: ledgerOrigin,
    size,
    /** SHA-256, base64. */
    root: classified('none', base64(32)),
    /** The C2SP signed note. */
    note: classified('none', z.string().min(1).max(20_000)),
  }),
});

export const ledgerEvents = [ledgerSequenced, ledgerCheckpoint] as const;
