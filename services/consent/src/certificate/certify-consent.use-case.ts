import type { ConsentCertificate } from '@heed/certificate';
import { CertificateRegister } from '@heed/certificate-register';
import type { Act } from '@heed/certificate-register';
import { notFound, uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { purposeOf } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import type { Decision, RecordedState } from '../consent-record/decision.js';
import { tenantOf } from './tenant-of.js';

interface Row {
  readonly id: string;
  readonly ref: string;
  readonly version: string;
  readonly purpose: string;
  readonly state: RecordedState;
  readonly domain: string;
  readonly took_effect: boolean;
  readonly policy_version: number;
  readonly notice_id: string | null;
  readonly notice_version: string | null;
  readonly notice_language: string | null;
  readonly notice_hash: string | null;
  readonly method: string;
  readonly actor: string;
  readonly occurred_at: Date;
  readonly recorded_at: Date;
}

/** Certifies one decision and what was decided about the purpose since. Nothing completes it, so that it is issued on asking. */
export class CertifyConsent {
  constructor(
    private readonly register: CertificateRegister,
    private readonly policies: PolicyStore,
  ) {}

  /** @throws HeedError `not_found` */
  async certify(tx: Tx, recordId: string): Promise<string> {
    return this.register.onAsking(tx, 'consent', recordId, async () => {
      const rows = await tx.query<Row>(
        `SELECT r.* FROM consent_record c JOIN consent_record r ON r.ref = c.ref AND r.purpose = c.purpose AND r.domain = c.domain AND r.version >= c.version
          WHERE c.id = $1 ORDER BY r.version, r.id`,
        [recordId],
      );
      const record = rows.find(({ id }) => id === recordId);
      if (!record) throw notFound('consent record');
      const certificate = await this.build(tx, record, rows.filter(({ id }) => id !== recordId));
      return { certificate, data: { recordId }, ref: record.ref, acts: rows.filter((row) => row.took_effect).map(actOf) };
    });
  }

  private async build(tx: Tx, record: Row, since: readonly Row[]): Promise<ConsentCertificate> {
    const { pack } = await this.policies.version(tx, record.policy_version);
    const [state] = await tx.query<{ state: Decision; record_id: string; occurred_at: Date }>(
      'SELECT state, record_id, occurred_at FROM consent_state WHERE ref = $1 AND purpose = $2 AND domain = $3',
      [record.ref, record.purpose, record.domain],
    );
    const now = tx.clock.now();
    return {
      schema: 'heed.dev/certificate/consent/v1',
      id: uuidv7(now),
      tenant: await tenantOf(tx, this.policies),
      ref: record.ref,
      purpose: { id: record.purpose, title: purposeOf(pack, record.purpose)?.title ?? null, policyVersion: record.policy_version },
      decision: { ...decided(record), actor: record.actor },
      notice: noticeOf(record),
      since: since.map(decided),
      present: state ? { decision: state.state, recordId: state.record_id, since: state.occurred_at.toISOString() } : null,
      issuedAt: now.toISOString(),
      supersedes: null,
    };
  }
}

const decided = (row: Row): ConsentCertificate['since'][number] => ({
  recordId: row.id,
  decision: row.state,
  tookEffect: row.took_effect,
  version: Number(row.version),
  method: row.method,
  occurredAt: row.occurred_at.toISOString(),
  recordedAt: row.recorded_at.toISOString(),
});

function noticeOf({ notice_id: id, notice_version: version, notice_language: language, notice_hash: hash }: Row): ConsentCertificate['notice'] {
  return id && version && language && hash ? { id, version, language, hash } : null;
}

/** Only what took effect was said, and stands in the ledger. */
const actOf = (row: Row): Act => ({ kind: `consent.${row.state === 'renewed_given' ? 'given' : row.state}`, about: { version: Number(row.version) }, ref: row.ref, at: row.recorded_at });
