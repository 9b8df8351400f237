import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Home } from '../system/home.js';
import { writeJson } from '../system/write-json.js';
import { SoftwareKey } from './software-key.js';

const text = z.string().min(1);
const keyFile = z.object({
  credentialId: text,
  privateKey: z.object({ kty: text, crv: text, x: text, y: text, d: text }),
});

const fileOf = (home: Home, tenant: string): string => join(home.keys('step-up'), `${tenant}.json`);

/** The software key of a tenant's people at the command line; undefined before the first start has enrolled it. */
export function readSoftwareKey(home: Home, tenant: string): SoftwareKey | undefined {
  try {
    return new SoftwareKey(keyFile.parse(JSON.parse(readFileSync(fileOf(home, tenant), 'utf8'))));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export function keepSoftwareKey(home: Home, tenant: string, key: SoftwareKey): void {
  writeJson(fileOf(home, tenant), key.state);
}

/** Of a tenant that is dropped. */
export function forgetSoftwareKey(home: Home, tenant: string): void {
  rmSync(fileOf(home, tenant), { force: true });
}

export const hasSoftwareKey = (home: Home, tenant: string): boolean => existsSync(fileOf(home, tenant));
