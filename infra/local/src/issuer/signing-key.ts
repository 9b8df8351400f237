import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { writeJson } from '../system/write-json.js';

export interface IssuerKeys {
  readonly signing: JWK;
  readonly cookie: string;
}

/** The issuer's key, made once: tokens of before a restart stay valid after it. */
export async function issuerKeys(dir: string): Promise<IssuerKeys> {
  const file = join(dir, 'issuer.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as IssuerKeys;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(pair.privateKey);
  const keys: IssuerKeys = {
    signing: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' },
    cookie: randomBytes(24).toString('base64url'),
  };
  writeJson(file, keys);
  return keys;
}
