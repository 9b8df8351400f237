import { sign, verify } from 'node:crypto';
import canonicalize from 'canonicalize';
import { privateKeyObject, publicKeyObject } from './keys.js';
import type { OkpKey } from './keys.js';

export interface BodyProof {
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly signature: string;
}

/** RFC 8785: the one byte sequence of a JSON value. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('not a JSON value');
  return text;
}

/**
 * Ed25519 over the canonical JSON of a body.
 * @example const proof = signBody(body, keys.signing)
 */
export function signBody(body: unknown, key: OkpKey): BodyProof {
  const signature = sign(null, Buffer.from(canonicalJson(body)), privateKeyObject(key)).toString('base64url');
  return { kid: key.kid, alg: 'EdDSA', signature };
}

/** False for a wrong key, a changed body or a signature that is no signature; never throws. */
export function verifyBody(body: unknown, proof: BodyProof, key: { kty: string; crv: string; x: string }): boolean {
  try {
    return verify(null, Buffer.from(canonicalJson(body)), publicKeyObject(key), Buffer.from(proof.signature, 'base64url'));
  } catch {
    return false;
  }
}
