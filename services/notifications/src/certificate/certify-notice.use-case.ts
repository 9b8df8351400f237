import type { NoticeCertificate } from '@heed/certificate';
import { CertificateRegister } from '@heed/certificate-register';
import type { Act } from '@heed/certificate-register';
import { conflict, notFound, uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { Injectable } from '@nestjs/common';
import { isOpen, promiseOf } from './domain/notice-promise.js';
import type { ToldNotice } from './domain/notice-promise.js';

interface Row {
  readonly id: string;
  readonly policy_version: number;
  readonly announced_under: number | null;
  readonly effective_from: Date;
  readonly changes: string[];
  readonly channels: string[];
  readonly channels_needed: 'all' | 'any';
  readonly audience: string[];
  readonly promise: string;
  readonly announced_at: Date;
  readonly published_at: Date | null;
  readonly ended_at: Date | null;
  readonly recipients: number;
  readonly delivered: number;
  readonly failed: number;
  readonly first: Date | null;
  readonly last: Date | null;
}

/** Between a mail server's yes and the entry that says so, a whole batch of mails may be sent. */
const RECORDED_WITHIN_MS = 600_000;

/** Certifies who was told of a change, in numbers, and whether in time. On asking: a notice is open to new recipients until it ends. */
@Injectable()
export class CertifyNotice {
  constructor(
    private readonly register: CertificateRegister,
    private readonly policies: PolicyStore,
  ) {}

  /** @throws HeedError `not_found`, `notice_open` while it is on its way */
  async certify(tx: Tx, id: string): Promise<string> {
    return this.register.onAsking(tx, 'notice', id, async () => {
      const [row] = await tx.query<Row>(
        `SELECT n.*, count(m.id)::int AS recipients, (count(m.id) FILTER (WHERE m.state = 'sent'))::int AS delivered,
                (count(m.id) FILTER (WHERE m.state = 'failed'))::int AS failed, min(m.sent_at) AS first, max(m.sent_at) AS last
           FROM notice n LEFT JOIN message m ON m.notice_id = n.id AND m.reason IS DISTINCT FROM 'recipient_erased' WHERE n.id = $1 GROUP BY n.id`,
        [id],
      );
      if (!row) throw notFound('notice');
      const told = toldOf(row);
      if (isOpen(told)) throw conflict('notice_open', `The notice is on its way: ${row.delivered} of ${row.recipients} recipients have it.`);
      return { certificate: await this.build(tx, row, told), data: { noticeId: id }, acts: actsOf(row) };
    });
  }

  private async build(tx: Tx, row: Row, told: ToldNotice): Promise<NoticeCertificate> {
    const { pack } = await this.policies.current(tx);
    const { pack: rules } = await this.policies.version(tx, row.announced_under ?? (await versionBefore(tx, row.policy_version)));
    const now = tx.clock.now();
    return {
      schema: 'heed.dev/certificate/notice/v1',
      id: uuidv7(now),
      tenant: { id: tx.tenant, name: pack.tenant.name, controller: pack.tenant.controller.value },
      notice: {
        id: row.id, policyVersion: row.policy_version, changes: row.changes, channels: row.channels, channelsNeeded: row.channels_needed, audience: row.audience,
        announcedAt: row.announced_at.toISOString(), publishedAt: row.published_at?.toISOString() ?? null, effectiveFrom: row.effective_from.toISOString(),
        endedAt: row.ended_at?.toISOString() ?? null,
      },
      deliveries: {
        recipients: row.recipients, delivered: row.delivered, failed: row.failed, first: row.first?.toISOString() ?? null, last: row.last?.toISOString() ?? null,
      },
      promise: promiseOf(told, rules),
      issuedAt: now.toISOString(),
      supersedes: null,
    };
  }
}

const toldOf = (row: Row): ToldNotice => ({
  ...row,
  channelsNeeded: row.channels_needed,
  announcedAt: row.announced_at,
  publishedAt: row.published_at,
  lastDelivery: row.last,
  effectiveFrom: row.effective_from,
  endedAt: row.ended_at,
});

/** For notices that were announced before it was written down under which version. */
async function versionBefore(tx: Tx, version: number): Promise<number> {
  const [row] = await tx.query<{ version: number | null }>('SELECT max(version) AS version FROM policy_version WHERE version < $1', [version]);
  return row?.version ?? version;
}

/** The publication, and the first and the last delivery; the others stand in the ledger, each under its recipient's id. */
function actsOf(row: Row): readonly Act[] {
  const about = { noticeId: row.id };
  const deliveries = [...new Set([row.first?.getTime(), row.last?.getTime()].filter((time) => time !== undefined))].map((time) => new Date(time));
  return [
    ...(row.published_at ? [{ kind: 'notice.published', about, at: row.published_at }] : []),
    ...deliveries.map((at) => ({ kind: 'notice.delivered', about: { ...about, deliveredAt: at.toISOString() }, at, within: RECORDED_WITHIN_MS })),
  ];
}
