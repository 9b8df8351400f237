import { proof } from '@heed/contracts-fanout';
import { ledgerEvidence } from '@heed/ledger';
import { z } from 'zod';
import { consentCertificate } from './kinds/consent.js';
import { erasureCertificate } from './kinds/erasure.js';
import { noticeCertificate } from './kinds/notice.js';
import { RECEIPT_CONTEXT } from './kinds/receipt/context.js';
import { receiptCertificate } from './kinds/receipt/receipt.js';
import { withdrawalCertificate } from './kinds/withdrawal.js';

const anyCertificate = z.discriminatedUnion('schema', [erasureCertificate, withdrawalCertificate, consentCertificate, noticeCertificate, receiptCertificate]);
export type Certificate = z.output<typeof anyCertificate>;

export type CertificateKind = 'erasure' | 'withdrawal' | 'consent' | 'notice' | 'receipt';

/** Whose ledger a certificate stands in: `heed/<service>/<tenant>`. */
const ISSUER: Readonly<Record<CertificateKind, string>> = { erasure: 'dsar', withdrawal: 'consent', consent: 'consent', notice: 'notifications', receipt: 'consent' };

/** @example kindOf(certificate) // 'erasure' */
export const kindOf = ({ schema }: Pick<Certificate, 'schema'>): CertificateKind => schema.split('/')[2] as CertificateKind;

/** @example ledgerOf(certificate) // 'heed/dsar/ajuni' */
export const ledgerOf = (certificate: Pick<Certificate, 'schema' | 'tenant'>): string => `heed/${ISSUER[kindOf(certificate)]}/${certificate.tenant.id}`;

const ed25519 = z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), kid: z.string() });

/** A certificate as it is handed out: what is certified, who signed it, and that the ledger holds it. */
function signed<B extends z.ZodType>(certificate: B) {
  return z.strictObject({
    certificate,
    proof: proof.describe('Over the RFC 8785 form of `certificate` alone.'),
    key: ed25519.describe('The public half of the signing key, which is the key of the ledger.'),
    ledger: z.array(ledgerEvidence.meta({ id: 'LedgerEvidence' })).describe('That this was entered, and the acts that it speaks of.'),
  });
}

const NAMES_NOBODY = 'Names nobody: refs only. It can be checked without Heed.';
export const erasureAnswer = signed(erasureCertificate).meta({ id: 'ErasureCertificate', description: `What was erased, where, and how far it is proven. ${NAMES_NOBODY}` });
export const withdrawalAnswer = signed(withdrawalCertificate).meta({ id: 'WithdrawalCertificate', description: `Where a withdrawal was carried to. ${NAMES_NOBODY}` });
export const consentAnswer = signed(consentCertificate).meta({ id: 'ConsentCertificate', description: `What a person decided, under which words. ${NAMES_NOBODY}` });
export const noticeAnswer = signed(noticeCertificate).meta({ id: 'NoticeCertificate', description: `Who was told of a change, and how long before. ${NAMES_NOBODY}` });
export const receiptAnswer = signed(receiptCertificate).meta({ id: 'SignedReceipt', description: `A receipt of ISO/IEC TS 27560, signed and entered in the ledger. ${NAMES_NOBODY}` });
export const linkedReceipt = z
  .strictObject({ '@context': z.record(z.string(), z.unknown()).describe('Inlined: nothing is fetched.'), ...receiptAnswer.shape })
  .meta({ id: 'LinkedReceipt', description: 'The same signed receipt as linked data (JSON-LD 1.1, W3C DPV).' });
export const signedCertificate = signed(anyCertificate);

export interface SignedCertificate<B extends Certificate = Certificate> extends Omit<z.output<typeof signedCertificate>, 'certificate'> {
  readonly certificate: B;
}

/** As it is kept: evidence is added when the ledger has the entry. */
export type IssuedCertificate<B extends Certificate = Certificate> = Omit<SignedCertificate<B>, 'ledger'>;

/** A signed receipt as linked data: the same file with the context in front, which says what its names mean. */
export function asLinkedData(signed: SignedCertificate): { readonly '@context': typeof RECEIPT_CONTEXT } & SignedCertificate {
  return { '@context': RECEIPT_CONTEXT, ...signed };
}
