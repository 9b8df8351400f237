import { publicJwk, signBody, verifyBody } from '@heed/crypto';
import type { BodyProof, OkpKey } from '@heed/crypto';
import type { Acknowledgement } from '@heed/contracts-fanout';
import type { PublicKey } from '@heed/contracts-subprocessor-registry';

/** What one store did, with its own signature. */
export interface StoreOutcome {
  readonly dataStore: string;
  readonly outcome: string;
  /** `verified`, `processor_attested` or `applied`; null where there was nothing to ask. */
  readonly assurance: string | null;
  readonly rows: number;
  readonly residue: number;
  readonly kept: readonly { readonly table: string; readonly basis: string; readonly count: number }[];
  readonly completedAt: string | null;
  /** The acknowledgement as the agent signed it, and the key it is checked with. */
  readonly acknowledgement: Acknowledgement | null;
  readonly agentKey: PublicKey | null;
}

/** What is certified. Refs only: whoever holds it learns no identifier. */
export interface ErasureCertificate {
  readonly schema: 'heed.dev/certificate/erasure/v1';
  readonly id: string;
  readonly tenant: { readonly id: string; readonly name: string; readonly controller: string };
  readonly request: {
    readonly id: string;
    readonly type: string;
    readonly ref: string;
    readonly aliases: readonly string[];
    readonly jurisdiction: string | null;
    readonly channel: string;
    readonly receivedAt: string;
  };
  readonly clocks: {
    readonly acknowledgeBy: string | null;
    readonly acknowledgedAt: string | null;
    readonly due: string;
    readonly extensions: number;
    readonly sources: { readonly acknowledgeBy: string | null; readonly due: string };
  };
  readonly policyVersion: number;
  readonly verified: { readonly at: string | null; readonly by: string | null; readonly method: string | null };
  readonly approved: { readonly at: string | null; readonly by: string | null };
  readonly dispatches: readonly { readonly id: string; readonly closedAt: string; readonly stores: readonly StoreOutcome[] }[];
  readonly totals: { readonly stores: number; readonly rows: number; readonly residue: number; readonly kept: number };
  readonly issuedAt: string;
  /** The certificate whose place this one takes, after a store was erased again or came later. */
  readonly supersedes: string | null;
}

export interface SignedCertificate {
  readonly certificate: ErasureCertificate;
  readonly proof: BodyProof;
  /** The public half of the signing key. */
  readonly key: OkpKey;
}

export function storeOutcome(target: { dataStore: string; state: string; evidence: Acknowledgement | null }, agentKey: PublicKey | undefined): StoreOutcome {
  const body = target.evidence?.body;
  return {
    dataStore: target.dataStore,
    outcome: target.state,
    assurance: body?.assurance ?? null,
    rows: body?.rows ?? 0,
    residue: body?.residue ?? 0,
    kept: body?.tables.flatMap((table) => table.kept.map((kept) => ({ table: table.table, ...kept }))) ?? [],
    completedAt: body?.completedAt ?? null,
    acknowledgement: target.evidence,
    agentKey: target.evidence && agentKey?.kid === target.evidence.proof.kid ? agentKey : null,
  };
}

export function totalsOf(dispatches: ErasureCertificate['dispatches']): ErasureCertificate['totals'] {
  const stores = dispatches.flatMap((dispatch) => dispatch.stores);
  const sum = (of: (store: StoreOutcome) => number): number => stores.reduce((total, store) => total + of(store), 0);
  return {
    stores: stores.length,
    rows: sum((store) => store.rows),
    residue: sum((store) => store.residue),
    kept: sum((store) => store.kept.reduce((total, kept) => total + kept.count, 0)),
  };
}

/** @param key Ed25519; the signature is over the RFC 8785 form of `certificate` alone */
export function signCertificate(certificate: ErasureCertificate, key: OkpKey): SignedCertificate {
  return { certificate, proof: signBody(certificate, key), key: publicJwk(key) };
}

/**
 * True when the certificate is as it was signed, and every store's own signature in it holds. Needs nothing but the
 * document; whether `key` is the operator's is for the reader to know.
 */
export function verifyCertificate(signed: SignedCertificate): boolean {
  const { certificate, proof, key } = signed;
  if (proof.kid !== publicJwk(key).kid || !verifyBody(certificate, proof, key)) return false;
  return certificate.dispatches
    .flatMap((dispatch) => dispatch.stores)
    .every(({ acknowledgement, agentKey }) => !acknowledgement || (agentKey !== null && verifyBody(acknowledgement.body, acknowledgement.proof, agentKey)));
}
