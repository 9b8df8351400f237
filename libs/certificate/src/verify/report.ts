import type { Certificate, CertificateKind, SignedCertificate } from '../certificate.js';

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at, e.g. `signature` or `acknowledgement of crm`. */
  readonly what: string;
  readonly ok: boolean;
  /** What was found, in a sentence. */
  readonly why: string;
}

export interface CertificateReport {
  /** Nothing was found wrong. Without a key from elsewhere that says only that the file agrees with itself; see `trusted`. */
  readonly ok: boolean;
  /** The key was compared with one that the reader had from elsewhere. */
  readonly trusted: boolean;
  readonly kind: CertificateKind | null;
  readonly id: string | null;
  readonly tenant: string | null;
  readonly issuedAt: string | null;
  /** The signing key as a C2SP verifier key: what to compare with the operator's. */
  readonly key: string | null;
  readonly findings: readonly Finding[];
  /** What all this does not prove. */
  readonly limits: readonly string[];
}

export type Verified = SignedCertificate<Certificate>;

export const good = (what: string, why: string): Finding => ({ what, ok: true, why });
export const bad = (what: string, why: string): Finding => ({ what, ok: false, why });
