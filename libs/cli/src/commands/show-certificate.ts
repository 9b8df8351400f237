import { certificatePage, kindOf, ledgerOf } from '@heed/certificate';
import type { Certificate, ConsentCertificate, NoticeCertificate, ReceiptCertificate, SignedCertificate, StoreOutcome } from '@heed/certificate';
import { vkeyOf } from '@heed/ledger';
import { writeFileSync } from 'node:fs';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine, table } from '../output/print.js';
import type { Api } from '../system/api.js';

export interface CertificateOptions {
  readonly html?: string;
  readonly json?: boolean;
}

/** A certificate as a table, as the signed JSON, or as the page that a person keeps. */
export async function showCertificate(api: Api, path: string, options: CertificateOptions): Promise<void> {
  const signed = await api.get<SignedCertificate>(path);
  if (options.html !== undefined) {
    writePage(options.html, certificatePage(signed));
    if (options.json !== true) return printLine(`${options.html} has the certificate.`);
  }
  if (options.json === true) printJson(signed);
  else show(signed);
}

function show({ certificate, proof, key, ledger }: SignedCertificate): void {
  printLine(`Certificate ${certificate.id} of ${kindOf(certificate)}, issued ${certificate.issuedAt} by ${certificate.tenant.controller}`);
  if (certificate.supersedes) printLine(`in place of ${certificate.supersedes}`);
  printLine();
  printLine(linesOf(certificate));
  printLine();
  const [issued] = ledger;
  printLine(`Ed25519 ${proof.kid}: ${proof.signature}`);
  if (issued) printLine(`entered as record ${issued.index} of ${issued.origin}`);
  printLine(`key ${vkeyOf(ledgerOf(certificate), key.x)}`);
}

function linesOf(certificate: Certificate): string {
  switch (certificate.schema) {
    case 'heed.dev/certificate/erasure/v1':
      return `Request ${certificate.request.id}, received ${certificate.request.receivedAt}\n\n${storesOf(certificate.dispatches)}`;
    case 'heed.dev/certificate/withdrawal/v1':
      return `Withdrawal ${certificate.withdrawal.id}, holds since ${certificate.withdrawal.recordedAt}\n\n${storesOf(certificate.dispatches)}`;
    case 'heed.dev/certificate/consent/v1':
      return decisionsOf(certificate);
    case 'heed.dev/certificate/notice/v1':
      return noticeOf(certificate);
    case 'heed.dev/certificate/receipt/v1':
      return receiptOf(certificate);
  }
}

function storesOf(dispatches: readonly { readonly stores: readonly StoreOutcome[] }[]): string {
  const rows = dispatches.flatMap(({ stores }) => stores);
  return table(
    ['store', 'outcome', 'rows', 'left', 'how it is known', 'at'],
    rows.map((store) => [store.dataStore, store.outcome, String(store.rows), String(store.residue), store.assurance ?? '', store.completedAt ?? '']),
  );
}

function decisionsOf({ decision, since, purpose, notice, ref }: ConsentCertificate): string {
  const words = notice ? `notice ${notice.id} ${notice.version} (${notice.language}), SHA-256 ${notice.hash}` : 'no notice was named';
  const rows = [decision, ...since].map((one) => [one.decision, one.occurredAt, one.method, one.tookEffect ? '' : 'without effect']);
  return `${ref}, ${purpose.id} under policy version ${purpose.policyVersion}; ${words}\n\n${table(['decision', 'at', 'method', ''], rows)}`;
}

function noticeOf({ notice, deliveries, promise }: NoticeCertificate): string {
  return table(
    ['notice', notice.id],
    [
      ['policy version', `${notice.policyVersion}, from ${notice.effectiveFrom}`],
      ['told', `${deliveries.delivered} of ${deliveries.recipients}, ${deliveries.first ?? 'never'} to ${deliveries.last ?? 'never'}`],
      ['published', notice.publishedAt ?? 'no'],
      [promise.id, `${promise.leadTime ?? 'no time promised'}, ${promise.daysGiven ?? 'no'} days given: ${promise.outcome}`],
    ],
  );
}

function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CliError(`${file} cannot be written (${code}).`, { cause });
  }
}

function receiptOf({ receipt: { record } }: ReceiptCertificate): string {
  const rows = record.event.map(({ event_time: at, event_state: state, register }) => [state, at, register.method, register.took_effect ? '' : 'without effect']);
  return `${record.pii_principal_id}, ${record.processing.purpose.title}, record ${record.record_id}\n\n${table(['decision', 'at', 'method', ''], rows)}`;
}
