import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import jsonld from 'jsonld';
import { Parser, Store } from 'n3';
import { readFileSync } from 'node:fs';
import SHACLValidator from 'rdf-validate-shacl';

const published = (name: string): string => readFileSync(new URL(`../../../docs/schemas/${name}`, import.meta.url), 'utf8');
const ajv = new Ajv2020.default({ strict: false, allErrors: true, logger: false });
addFormats.default(ajv);
const holds = ajv.compile(JSON.parse(published('consent-receipt.v1.json')) as object);
const shapes = new SHACLValidator(new Store(new Parser().parse(published('consent-receipt.shacl.ttl'))));

/** What the published JSON Schema finds wrong with a receipt. */
export const schemaFaults = (receipt: unknown): string => (holds(receipt) ? '' : ajv.errorsText(holds.errors));

/** What the published shape finds missing in linked data, which is read with nothing but itself. */
export async function shapeFaults(document: object): Promise<readonly string[]> {
  const documentLoader = (url: string): Promise<never> => Promise.reject(new Error(`nothing may be fetched: ${url}`));
  const quads = await jsonld.toRDF(document, { format: 'application/n-quads', safe: true, documentLoader });
  return (await shapes.validate(new Store(new Parser().parse(quads)))).results.flatMap(({ message }) => message.map(({ value }) => value));
}
