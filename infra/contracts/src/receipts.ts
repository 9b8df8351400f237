import { consentReceipt, RECEIPT_CONTEXT } from '@heed/certificate';
import { z } from 'zod';

/** What is published of consent receipts besides the shape: by their file names. */
export function receiptFiles(): ReadonlyMap<string, object> {
  const { $schema, ...schema } = z.toJSONSchema(consentReceipt, { target: 'draft-2020-12' });
  return new Map([
    ['consent-receipt.v1.json', { $schema, $id: 'urn:heed:schema:consent-receipt.v1', title: 'Consent receipt (ISO/IEC TS 27560:2023)', ...schema }],
    ['consent-receipt.context.jsonld', { '@context': RECEIPT_CONTEXT }],
  ]);
}
