import type { LedgerRecord } from '@heed/ledger';
import type { Certificate } from '../certificate.js';
import type { ConsentCertificate } from '../kinds/consent.js';
import type { RegisterState } from '../kinds/decision.js';
import type { ErasureCertificate } from '../kinds/erasure.js';
import type { NoticeCertificate } from '../kinds/notice.js';
import type { ReceiptCertificate } from '../kinds/receipt/receipt.js';
import type { WithdrawalCertificate } from '../kinds/withdrawal.js';

type Data = LedgerRecord['data'];

/** What a record that was put beside a certificate says against it; undefined where they agree. */
export function contradiction(certificate: Certificate, record: LedgerRecord): string | undefined {
  if (record.kind === 'certificate.issued') return undefined; // looked at by its fingerprint
  const other = 'it is about something else than this certificate';
  switch (certificate.schema) {
    case 'heed.dev/certificate/erasure/v1':
      return ofErasure(certificate, record) ?? (aboutErasure(certificate, record.data) ? undefined : other);
    case 'heed.dev/certificate/withdrawal/v1':
      return ofStores(certificate, record) ?? (dispatchOf(certificate, record.data) ? undefined : other);
    case 'heed.dev/certificate/consent/v1':
      return ofConsent(certificate, record);
    case 'heed.dev/certificate/notice/v1':
      return ofNotice(certificate, record);
    case 'heed.dev/certificate/receipt/v1':
      return ofReceipt(certificate, record);
  }
}

const dispatchOf = ({ dispatches }: Pick<ErasureCertificate | WithdrawalCertificate, 'dispatches'>, data: Data) => dispatches.find(({ id }) => id === data['dispatchId']);

const aboutErasure = (certificate: ErasureCertificate, data: Data): boolean => data['requestId'] === certificate.request.id || dispatchOf(certificate, data) !== undefined;

function ofErasure(certificate: ErasureCertificate, record: LedgerRecord): string | undefined {
  const { data, kind } = record;
  if (kind === 'request.verified' && data['actor'] !== certificate.verified.by) return 'the ledger names another who verified';
  if (kind === 'request.approved' && data['actor'] !== certificate.approved.by) return 'the ledger names another who approved';
  return ofStores(certificate, record);
}

function ofStores(certificate: ErasureCertificate | WithdrawalCertificate, { kind, data }: LedgerRecord): string | undefined {
  if (kind !== 'target.acknowledged') return undefined;
  const store = dispatchOf(certificate, data)?.stores.find(({ dataStore }) => dataStore === data['dataStore']);
  if (!store) return 'the ledger has an answer of a store that is not named here';
  const same = data['outcome'] === store.outcome && data['rows'] === store.rows && data['residue'] === store.residue;
  return same ? undefined : `the ledger has another answer of ${store.dataStore}`;
}

function ofConsent({ ref, purpose, decision, since }: ConsentCertificate, { kind, data, ref: whose }: LedgerRecord): string | undefined {
  if (whose !== ref) return 'it is about something else than this certificate';
  return ofDecision([decision, ...since].map(({ version, decision: state }) => ({ version, state })), purpose.id, kind, data);
}

function ofReceipt({ receipt: { record } }: ReceiptCertificate, { kind, data, ref: whose }: LedgerRecord): string | undefined {
  if (whose !== record.pii_principal_id) return 'it is about somebody else than this receipt';
  return ofDecision(record.event.map(({ register }) => register), record.processing.purpose.id, kind, data);
}

function ofDecision(told: readonly { version: number; state: RegisterState }[], purpose: string, kind: string, data: Data): string | undefined {
  const own = told.find(({ version }) => version === data['version']);
  if (!own) return 'it is about something else than this certificate';
  const purposes = Array.isArray(data['purposes']) ? data['purposes'] : [];
  return kind === `consent.${entered(own.state)}` && purposes.includes(purpose) ? undefined : 'the ledger has another decision of that version';
}

/** A renewal is entered as what holds: given. */
const entered = (state: RegisterState): string => (state === 'renewed_given' ? 'given' : state);

function ofNotice({ notice, deliveries }: NoticeCertificate, { kind, data }: LedgerRecord): string | undefined {
  if (data['noticeId'] !== notice.id || data['policyVersion'] !== notice.policyVersion) return 'it is about something else than this certificate';
  if (kind === 'notice.published') return data['publishedAt'] === notice.publishedAt ? undefined : 'the ledger has another time of publication';
  const at = String(data['deliveredAt']);
  const within = deliveries.first !== null && deliveries.last !== null && at >= deliveries.first && at <= deliveries.last;
  return within ? undefined : 'the ledger has a delivery outside of the times told here';
}
