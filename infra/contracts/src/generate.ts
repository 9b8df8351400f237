import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncApi } from './asyncapi.js';
import { catalogue } from './catalogue.js';
import { receiptFiles } from './receipts.js';
import { readFixtures } from './fixture.js';
import { jsonSchemaOf } from './json-schema.js';
import { documents } from './openapi/documents.js';
import { mergedApi } from './openapi/merge.js';
import { brokenLocks, extendLock, presentContracts, readLock } from './lock.js';
import { ASYNCAPI_FILE, LOCK_FILE, OPENAPI_FILE, OPENAPI_FOLDER, readText, ROLES_FILE, ROOT, SCHEMAS_FOLDER } from './repository.js';
import { rolesPage } from './roles.js';
import { readTopics } from './topics.js';

export interface Generated {
  /** Text by path from the checkout; undefined for a file that is to go. */
  readonly files: ReadonlyMap<string, string | undefined>;
  /** Published contracts that were edited. */
  readonly broken: readonly string[];
}

/** What the contracts and the services say the generated files should hold; writes nothing. */
export async function generate(): Promise<Generated> {
  const fixtures = await readFixtures();
  const files = new Map<string, string | undefined>();
  for (const name of await schemaFiles()) files.set(`${SCHEMAS_FOLDER}/${name}`, undefined);
  for (const contract of catalogue) files.set(`${SCHEMAS_FOLDER}/${contract.definition.type}.json`, json(jsonSchemaOf(contract)));
  for (const [name, text] of receiptFiles()) files.set(`${SCHEMAS_FOLDER}/${name}`, json(text));
  files.set(ASYNCAPI_FILE, asyncApi(await readTopics(), fixtures));
  for (const [service, document] of Object.entries(documents)) files.set(`${OPENAPI_FOLDER}/${service}.json`, json(document));
  files.set(OPENAPI_FILE, json(mergedApi(documents)));
  files.set(ROLES_FILE, rolesPage());
  const [lock, present] = [await readLock(), presentContracts(fixtures)];
  files.set(LOCK_FILE, json(extendLock(lock, present)));
  return { files, broken: brokenLocks(lock, present) };
}

/** The files that differ from what would be generated. */
export async function staleFiles(generated: Generated): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of generated.files) if ((await readText(path)) !== text) stale.push(path);
  return stale;
}

async function schemaFiles(): Promise<string[]> {
  try {
    return (await readdir(join(ROOT, SCHEMAS_FOLDER))).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
