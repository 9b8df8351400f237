import { subjectRef, uuid } from '@heed/kernel';
import { z } from 'zod';
import { registerState } from '../decision.js';
import { head } from '../head.js';
import { duration, eventState, instant, schemaVersion, uuid4 } from './fields.js';
import { noticeShown, party, pii, processing } from './processing.js';

/** What the register knows of an event besides what the standard asks for. */
const registered = z.strictObject({
  record_id: uuid.describe("The register's own id of the decision."),
  state: registerState.describe('As the register has it; the standard knows no objection and calls it refused.'),
  took_effect: z.boolean().describe('False for a yes that happened before a later no.'),
  version: z.int().min(0).describe("The person's version that it made."),
  notice: noticeShown.nullable(),
  method: z.string(),
  actor: z.string().describe('Whose token recorded it.'),
  recorded_at: instant,
  policy_version: z.int().min(1),
  valid_until: instant.nullable(),
  jurisdiction: z.string().nullable(),
  domain: z.string().nullable().describe('The branded domain that it holds for; null for all.'),
  detail: z.record(z.string(), z.unknown()).nullable().describe("E.g. how a parent's consent was verified."),
});

export const receiptEvent = z.strictObject({
  event_time: instant,
  validity_duration: z
    .union([duration, z.enum(['until_withdrawn', 'not_applicable'])])
    .describe('How long it holds; `not_applicable` for what gives no consent.'),
  entity_id: z.string().describe('Who brought it about: the person, or the controller.'),
  event_type: z.enum(['expressed', 'recorded']).describe('`expressed` by an act of the person or of their device; `recorded` where the controller or time brought it about.'),
  event_state: eventState,
  register: registered,
});
export type ReceiptEvent = z.output<typeof receiptEvent>;

/** A consent record of ISO/IEC TS 27560: one decision about one purpose, and what became of it. */
export const consentRecord27560 = z.strictObject({
  type: z.literal('ConsentRecord'),
  schema_version: schemaVersion,
  record_id: uuid4.describe('A version 4 UUID, derived from the register’s own id of the decision.'),
  pii_principal_id: subjectRef.describe('The pseudonym under which the person is known.'),
  processing,
  pii: z.array(pii).min(1),
  party: z.array(party).min(1),
  event: z.array(receiptEvent).min(1).describe('Newest first. In a list of receipts the one event of the decision; in a signed receipt the history of the purpose.'),
  register: z.strictObject({
    record_id: uuid.describe("The register's own id of the decision that this is the receipt of."),
    history_complete: z.boolean().describe('False where there is more than the events told here: the register of the person has all.'),
    present_state: registerState.nullable().describe('What held when this was made.'),
  }),
});

/** A receipt: a copy of the record, for the person it is about. */
export const consentReceipt = z
  .strictObject({
    type: z.literal('ConsentReceipt'),
    schema_version: schemaVersion,
    receipt_id: uuid4,
    record: consentRecord27560,
  })
  .meta({ id: 'ConsentReceipt', description: 'ISO/IEC TS 27560:2023, in the JSON names of the standard. Names nobody: refs only.' });
export type ConsentReceipt = z.output<typeof consentReceipt>;

/** A receipt as it is signed and entered in the ledger. */
export const receiptCertificate = z.strictObject({ ...head('receipt'), receipt: consentReceipt }).meta({ id: 'ConsentReceiptBody' });
export type ReceiptCertificate = z.output<typeof receiptCertificate>;
