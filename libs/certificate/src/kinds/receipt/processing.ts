import { purposeId } from '@heed/kernel';
import { z } from 'zod';
import { duration, notStated } from './fields.js';

export const LEGAL_BASES = ['consent', 'contract', 'legal_obligation', 'vital_interests', 'public_task', 'legitimate_interest', 'legitimate_use'] as const;

const place = z.string().describe('A country, `EU`, or a part of a country: `IN`, `UK`, `US-CA`.');
const partyId = z.string().regex(/^urn:heed:party:/);

export const noticeShown = z.strictObject({
  id: z.string(),
  version: z.string(),
  language: z.string(),
  hash: z.string().describe('SHA-256 of the words that were shown, in hex.'),
});

/** What is done with the data, under which words, on which ground, for how long. */
export const processing = z.strictObject({
  privacy_notice: z.union([noticeShown, notStated]),
  language: z.union([z.string(), notStated]).describe('The language in which the person was asked.'),
  purpose: z.strictObject({ id: purposeId, title: z.string(), description: z.string() }),
  purpose_type: z.array(z.enum(['marketing', 'profiling', 'service'])).min(1),
  lawful_basis: z.strictObject({ basis: z.union([z.enum(LEGAL_BASES), notStated]), reference: z.union([z.string(), notStated]).describe('The place in the law.') }),
  pii_information: z.array(z.string()).min(1).describe('The kinds of data, as `pii` has them.'),
  pii_controllers: z.array(partyId).min(1),
  collection_method: z.string().describe('By which way the decision reached us: `api`, `web_form`, `unsubscribe_link` …'),
  processing_method: z.array(z.enum(['collect', 'store', 'use', 'profiling'])).min(1),
  storage_locations: z.array(z.strictObject({ location: place })).min(1),
  retention_period: z
    .array(z.strictObject({ pii_type: z.string(), duration: z.union([duration, notStated]), counted_from: z.string() }))
    .min(1),
  processing_locations: z.array(place).min(1),
  jurisdiction: z.union([place, notStated]),
  recipient_third_parties: z.union([z.array(partyId).min(1), z.literal('none')]),
  withdrawal_method: z.array(z.string()).min(1).describe('The ways in which consent can be taken back.'),
  privacy_rights: z.array(z.string()).min(1).describe('What the person may ask for.'),
  authority_party: z.union([partyId, notStated]),
});

export const pii = z.strictObject({
  pii_type: z.string(),
  pii_attribute_id: z.array(z.string()).describe('Examples of what is in it.'),
  pii_optional: z.boolean().describe('True: the service does without it where the person says no.'),
  special_pii_category: z.boolean(),
});

export const party = z.strictObject({
  party_id: partyId,
  party_name: z.string(),
  party_address: z.union([z.string(), notStated]),
  party_contact: z.union([z.string(), notStated]),
  party_type: z.enum(['organisation', 'class_of_organisations', 'public_authority']),
  party_role: z.enum(['controller', 'processor', 'authority']),
  party_email: z.string().optional(),
  party_url: z.string().optional(),
});
