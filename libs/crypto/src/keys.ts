import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A key of an OKP curve as a JWK (RFC 8037); `d` is the private half. */
export interface OkpKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519' | 'X25519';
  readonly x: string;
  readonly d?: string;
  readonly kid: string;
}

export interface AgentKeys {
  readonly signing: OkpKey;
  readonly encryption: OkpKey;
}

export function generateAgentKeys(): AgentKeys {
  return { signing: generate('ed25519', 'Ed25519'), encryption: generate('x25519', 'X25519') };
}

function generate(type: 'ed25519' | 'x25519', crv: OkpKey['crv']): OkpKey {
  const pair = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  const { x, d } = pair.privateKey.export({ format: 'jwk' });
  if (!x || !d) throw new Error('key generation failed');
  return { kty: 'OKP', crv, x, d, kid: thumbprint(crv, x) };
}

/** RFC 7638 thumbprint. */
function thumbprint(crv: string, x: string): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty: 'OKP', x })).digest('base64url');
}

/** The half that may be told. */
export function publicJwk(key: OkpKey): OkpKey {
  return { kty: 'OKP', crv: key.crv, x: key.x, kid: thumbprint(key.crv, key.x) };
}

const objects = new Map<string, KeyObject>();
export function privateKeyObject(key: OkpKey): KeyObject {
  return remember(`d${key.d}`, () => createPrivateKey({ key: { ...key }, format: 'jwk' }));
}
export function publicKeyObject(key: { readonly kty: string; readonly crv: string; readonly x: string }): KeyObject {
  return remember(`x${key.crv}${key.x}`, () => createPublicKey({ key: { kty: key.kty, crv: key.crv, x: key.x }, format: 'jwk' }));
}
function remember(name: string, make: () => KeyObject): KeyObject {
  let object = objects.get(name);
  if (!object) {
    if (objects.size > 10_000) objects.clear();
    object = make();
    objects.set(name, object);
  }
  return object;
}

/**
 * Reads a JSON file of secrets, or makes it once (0600, written whole or not at all). For development and agents: the
 * keys of production tenants live behind a KMS or HSM.
 */
export async function fileSecret<T>(file: string, make: () => T): Promise<T> {
  for (;;) {
    try {
      return JSON.parse(await readFile(file, 'utf8')) as T;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const temporary = `${file}.${randomUUID()}`; // services in one process may share a folder
    await writeFile(temporary, JSON.stringify(make()), { mode: 0o600 });
    // A link, unlike a rename, leaves what another instance made a moment earlier: both must hold the same secret.
    await link(temporary, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await unlink(temporary);
  }
}
