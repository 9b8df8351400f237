import { canonicalJson, publicJwk, signBody } from '@heed/crypto';
import type { OkpKey } from '@heed/crypto';
import { createHash } from 'node:crypto';
import { kindOf } from './certificate.js';
import type { Certificate, IssuedCertificate } from './certificate.js';

/** SHA-256, in hex, of the RFC 8785 form: what the ledger holds of a certificate. */
export function fingerprint(certificate: Certificate): string {
  return createHash('sha256').update(canonicalJson(certificate)).digest('hex');
}

/** @param key the ledger's own, Ed25519; the signature is over the RFC 8785 form of `certificate` alone */
export function signCertificate<B extends Certificate>(certificate: B, key: OkpKey): IssuedCertificate<B> {
  const { kty, x, kid } = publicJwk(key);
  return { certificate, proof: signBody(certificate, key), key: { kty, crv: 'Ed25519', x, kid } };
}

/** The ledger entry without which a certificate does not verify. */
export function issuedEntry(certificate: Certificate, about: Readonly<Record<string, string>>): { kind: string; data: Readonly<Record<string, string>> } {
  return { kind: 'certificate.issued', data: { ...about, certificateId: certificate.id, certifies: kindOf(certificate), sha256: fingerprint(certificate) } };
}

/** Whether two certificates say the same: they differ in when they were issued, and in whose place, at most. */
export function saysTheSame(one: Certificate, other: Certificate): boolean {
  const said = (certificate: Certificate): string => canonicalJson({ ...certificate, id: null, issuedAt: null, supersedes: null });
  return said(one) === said(other);
}
