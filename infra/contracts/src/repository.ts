import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contract } from './catalogue.js';

/** The checkout, found from this file in `src` as well as in `dist`. */
export const ROOT = join(import.meta.dirname, '..', '..', '..');
export const LOCK_FILE = 'libs/contracts/contracts.lock.json';
export const SCHEMAS_FOLDER = 'docs/schemas';
export const ASYNCAPI_FILE = 'docs/asyncapi.yaml';
/** What the origin serves. */
export const OPENAPI_FILE = 'docs/openapi.json';
export const OPENAPI_FOLDER = 'docs/openapi';
export const ROLES_FILE = 'docs/roles.md';

export function fixtureFile(contract: Contract): string {
  return `libs/contracts/${contract.owner}/fixtures/${contract.definition.type}.json`;
}

/** Undefined where there is no such file. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(join(ROOT, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
