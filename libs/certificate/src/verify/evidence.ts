import { isHeedError } from '@heed/kernel';
import { openCheckpoint, verifyEvidence } from '@heed/ledger';
import type { LedgerEvidence, LedgerRecord } from '@heed/ledger';
import { ledgerOf } from '../certificate.js';
import { fingerprint } from '../issue.js';
import { contradiction } from './agreement.js';
import { bad, good } from './report.js';
import type { Finding, Verified } from './report.js';

/** That the certificate was entered in the ledger of its tenant, and the acts that it speaks of with it. */
export function checkEvidence({ certificate, ledger }: Verified, vkey: string): readonly Finding[] {
  const origin = ledgerOf(certificate);
  const findings = ledger.map((evidence) => checkRecord(evidence, origin, vkey));
  const proven = ledger.flatMap((evidence, i) => (findings[i]?.ok && 'data' in evidence.record ? [evidence.record] : []));
  return [...findings, checkIssued(certificate, proven), ...checkAgreement(certificate, proven)];
}

function checkRecord(evidence: LedgerEvidence, origin: string, vkey: string): Finding {
  const { record, index, size } = evidence;
  const what = `ledger record ${record.kind}`;
  if (evidence.origin !== origin) return bad(what, `it stands in the ledger ${evidence.origin}, not in ${origin}`);
  try {
    verifyEvidence(evidence, vkey);
    return good(what, `stands at place ${index} of ${origin} since ${record.at}, as signed for ${size} entries`);
  } catch (error) {
    if (isHeedError(error)) return bad(...whichPart(evidence, vkey, what, error.message));
    throw error;
  }
}

/** A checkpoint that does not hold is named as such: it is the fault of the whole proof, not of the one record. */
function whichPart({ checkpoint, record, index, size }: LedgerEvidence, vkey: string, what: string, why: string): [what: string, why: string] {
  try {
    const opened = openCheckpoint(checkpoint, vkey);
    if (opened.size !== size) return [what, `its proof is for ${size} entries, and the signed checkpoint for ${opened.size}`];
    return [what, `record ${record.id} or its proof was changed: together they do not lead to the signed root from place ${index}`];
  } catch {
    return [`checkpoint for ${record.kind}`, why];
  }
}

function checkIssued(certificate: Verified['certificate'], proven: readonly LedgerRecord[]): Finding {
  const what = 'entered in the ledger';
  const issued = proven.filter(({ kind }) => kind === 'certificate.issued');
  if (issued.length === 0) return bad(what, 'no proven record says that this certificate was issued');
  const sha256 = fingerprint(certificate);
  const own = issued.find(({ data }) => data['sha256'] === sha256 && data['certificateId'] === certificate.id);
  if (!own) return bad(what, 'what the ledger holds is the fingerprint of another certificate');
  return good(what, `record ${own.id} holds this certificate's fingerprint ${sha256}`);
}

function checkAgreement(certificate: Verified['certificate'], proven: readonly LedgerRecord[]): readonly Finding[] {
  const wrong = proven.flatMap((record) => {
    const why = contradiction(certificate, record);
    return why ? [bad(`ledger record ${record.kind}`, why)] : [];
  });
  if (wrong.length > 0) return wrong;
  const acts = proven.filter(({ kind }) => kind !== 'certificate.issued').length;
  return [good('acts', acts === 0 ? 'no other records came with it' : `${acts} ${acts === 1 ? 'record' : 'records'} of the ledger agree with what is certified`)];
}
