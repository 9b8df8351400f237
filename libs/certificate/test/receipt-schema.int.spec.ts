import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import jsonld from 'jsonld';
import { Parser, Store } from 'n3';
import { readFileSync } from 'node:fs';
import SHACLValidator from 'rdf-validate-shacl';
import { describe, expect, it } from 'vitest';
import { asLinkedData, RECEIPT_CONTEXT } from '../src/index.js';
import type { ConsentReceipt } from '../src/index.js';
import { issued, receipt } from './specimens.js';

const published = (name: string): string => readFileSync(new URL(`../../../docs/schemas/${name}`, import.meta.url), 'utf8');

const ajv = new Ajv2020.default({ strict: false, allErrors: true, logger: false });
addFormats.default(ajv);
const holds = ajv.compile(JSON.parse(published('consent-receipt.v1.json')) as object);
const shapes = new SHACLValidator(new Store(new Parser().parse(published('consent-receipt.shacl.ttl'))));

/** Reads linked data with nothing but itself: whatever would be fetched, or has no meaning in the context, is an error. */
async function linked(document: object): Promise<Store> {
  const documentLoader = (url: string): Promise<never> => Promise.reject(new Error(`nothing may be fetched: ${url}`));
  return new Store(new Parser().parse(await jsonld.toRDF(document, { format: 'application/n-quads', safe: true, documentLoader })));
}

async function missingIn(document: object): Promise<readonly string[]> {
  const { results } = await shapes.validate(await linked(document));
  return results.flatMap(({ message }) => message.map(({ value }) => value));
}

const document = (): ConsentReceipt => receipt().receipt;
type Fields = Record<string, unknown>;
const record = (copy: ConsentReceipt): Fields => copy.record as unknown as Fields;
const first = (list: readonly object[]): Fields => list[0] as Fields;

/** Every mandatory field of ISO/IEC TS 27560, by the object that has it. */
const MANDATORY: readonly (readonly [field: string, of: (copy: ConsentReceipt) => Fields])[] = [
  ...['schema_version', 'receipt_id', 'record'].map((field) => [field, (copy: ConsentReceipt) => copy as unknown as Fields] as const),
  ...['schema_version', 'record_id', 'pii_principal_id', 'processing', 'pii', 'party', 'event'].map((field) => [field, record] as const),
  ...[
    'privacy_notice', 'language', 'purpose', 'pii_information', 'pii_controllers', 'storage_locations', 'retention_period', 'jurisdiction',
    'recipient_third_parties', 'withdrawal_method',
  ].map((field) => [field, (copy: ConsentReceipt) => copy.record.processing as Fields] as const),
  ['pii_type', (copy) => first(copy.record.pii)],
  ...['party_id', 'party_name', 'party_address', 'party_contact', 'party_type', 'party_role'].map((field) => [field, (copy: ConsentReceipt) => first(copy.record.party)] as const),
  ...['event_time', 'validity_duration', 'entity_id', 'event_type', 'event_state'].map((field) => [field, (copy: ConsentReceipt) => first(copy.record.event)] as const),
];

describe('a receipt', () => {
  it('holds against the published JSON Schema, and as linked data against the published shape, with nothing fetched', async () => {
    expect(holds(document()), ajv.errorsText(holds.errors)).toBe(true);
    expect(await missingIn({ '@context': RECEIPT_CONTEXT, ...document() })).toEqual([]);
    expect(await missingIn(asLinkedData(JSON.parse(JSON.stringify(await issued(receipt()))) as Parameters<typeof asLinkedData>[0]))).toEqual([]);
    expect(JSON.parse(published('consent-receipt.context.jsonld'))).toEqual({ '@context': RECEIPT_CONTEXT });
  });

  it.each(MANDATORY)('without its %s holds against neither', async (field, of) => {
    const copy = structuredClone(document());
    delete of(copy)[field];
    expect(holds(copy)).toBe(false);
    expect(await missingIn({ '@context': RECEIPT_CONTEXT, ...copy })).toContain(field);
  });

  it('says in the terms of the vocabulary what was decided, by whom, when and under which words', async () => {
    const data = await linked({ '@context': RECEIPT_CONTEXT, ...document() });
    const dpv = (name: string): string => `https://w3id.org/dpv#${name}`;
    const types = data.getObjects(null, 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type', null).map(({ value }) => value);
    expect(types).toEqual(expect.arrayContaining(['ConsentReceipt', 'ConsentRecord', 'ConsentGiven', 'ConsentWithdrawn', 'DataController', 'Consent'].map(dpv)));
    expect(data.getObjects(null, dpv('isIndicatedBy'), null).map(({ value }) => value)).toEqual([`urn:heed:subject:${document().record.pii_principal_id}`]);
    expect(data.getObjects(null, dpv('isIndicatedAtTime'), null).map(({ value }) => value)).toContain('2026-11-20T09:00:00.000Z');
    expect(data.getObjects(null, 'https://heed.dev/ns#sha256', null).map(({ value }) => value)).toContain('ab'.repeat(32));
    expect(data.getObjects(null, dpv('hasLocation'), null).map(({ value }) => value)).toContain('https://w3id.org/dpv/loc#GB');
  });

  it.each([
    ['an unknown field', (copy: ConsentReceipt) => (record(copy)['note'] = 'x')],
    ['a state that the standard has not', (copy: ConsentReceipt) => (first(copy.record.event)['event_state'] = 'objected')],
    ['an id of another version', (copy: ConsentReceipt) => (record(copy)['record_id'] = '019a0000-0000-7000-8000-000000000001')],
    ['a time that is not in UTC', (copy: ConsentReceipt) => (first(copy.record.event)['event_time'] = '2026-11-21T10:00:00+05:30')],
    ['no events', (copy: ConsentReceipt) => (record(copy)['event'] = [])],
  ])('with %s does not hold', async (_, change) => {
    const copy = structuredClone(document());
    change(copy);
    expect(holds(copy)).toBe(false);
  });
});
