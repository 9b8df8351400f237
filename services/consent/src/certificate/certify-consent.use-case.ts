import type { ConsentCertificate } from '@heed/certificate';
import { CertificateRegister } from '@heed/certificate-register';
import { notFound, uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { purposeOf } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import type { Decision } from '../consent-record/decision.js';
import { actOf } from '../receipt/act-of.js';
import { decidedSince, recordById } from '../receipt/register.store.js';
import type { RegisterRow } from '../receipt/register.store.js';
import { tenantOf } from './tenant-of.js';

/** Decisions since that a certificate tells at most: the newest, for what holds now follows from them. */
const MAX_SINCE = 200;
/** Of how many of these the ledger's proof is brought along. */
const MAX_PROVEN = 20;

/** Certifies one decision and what was decided about the purpose since. Nothing completes it, so that it is issued on asking. */
export class CertifyConsent {
  constructor(
    private readonly register: CertificateRegister,
    private readonly policies: PolicyStore,
  ) {}

  /** @throws HeedError `not_found` */
  async certify(tx: Tx, recordId: string): Promise<string> {
    return this.register.onAsking(tx, 'consent', recordId, async () => {
      const record = await recordById(tx, recordId);
      if (!record) throw notFound('consent record');
      const since = await decidedSince(tx, record, MAX_SINCE + 1);
      const told = since.slice(0, MAX_SINCE).toSorted((a, b) => a.version - b.version);
      const certificate = await this.build(tx, record, told, since.length > MAX_SINCE);
      const acts = [record, ...told.slice(-MAX_PROVEN)].filter((row) => row.tookEffect && row.ref === record.ref).map(actOf);
      return { certificate, data: { recordId }, ref: record.ref, acts };
    });
  }

  private async build(tx: Tx, record: RegisterRow, since: readonly RegisterRow[], part: boolean): Promise<ConsentCertificate> {
    const { pack } = await this.policies.version(tx, record.policyVersion);
    const [state] = await tx.query<{ state: Decision; record_id: string; occurred_at: Date }>(
      `SELECT state, record_id, occurred_at FROM consent_state
        WHERE ref = (SELECT coalesce(person, ref) FROM subject WHERE ref = $1) AND purpose = $2 AND domain = $3`,
      [record.ref, record.purpose, record.domain],
    );
    const now = tx.clock.now();
    return {
      schema: 'heed.dev/certificate/consent/v1',
      id: uuidv7(now),
      tenant: await tenantOf(tx, this.policies),
      ref: record.ref,
      purpose: { id: record.purpose, title: purposeOf(pack, record.purpose)?.title ?? null, policyVersion: record.policyVersion },
      decision: { ...decided(record), actor: record.actor, jurisdiction: record.jurisdiction, basis: record.basis },
      notice: record.notice,
      since: since.map(decided),
      ...(part ? { sinceIsPart: true as const } : {}),
      present: state ? { decision: state.state, recordId: state.record_id, since: state.occurred_at.toISOString() } : null,
      issuedAt: now.toISOString(),
      supersedes: null,
    };
  }
}

const decided = (row: RegisterRow): ConsentCertificate['since'][number] => ({
  recordId: row.id,
  decision: row.state,
  tookEffect: row.tookEffect,
  version: row.version,
  method: row.method,
  occurredAt: row.occurredAt.toISOString(),
  recordedAt: row.recordedAt.toISOString(),
  validUntil: row.validUntil?.toISOString() ?? null,
  domain: row.domain || null,
});
