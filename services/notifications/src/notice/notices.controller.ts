import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { notFound, uuid } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { maskAddress } from '../recipient/domain/plan-recipients.js';
import { RecipientVault } from '../recipient/recipient-vault.js';
import { noticeState } from './domain/notice-state.js';
import { noticeAnswer, noticeSummary } from './notice.answer.js';

interface Row {
  readonly id: string;
  readonly policy_version: number;
  readonly effective_from: Date;
  readonly changes: readonly string[];
  readonly channels: readonly string[];
  readonly channels_needed: 'all' | 'any';
  readonly audience: readonly string[];
  readonly promise: string;
  readonly announced_at: Date;
  readonly published_at: Date | null;
  readonly ended_at: Date | null;
  readonly recipients: number;
  readonly delivered: number;
  readonly failed: number;
}

interface RecipientRow {
  readonly recipient_id: string;
  /** Null once the recipient is erased. */
  readonly email: Buffer | null;
  readonly state: string;
  readonly attempts: number;
  readonly reason: string | null;
  readonly sent_at: Date | null;
}

const SELECT = `SELECT n.*, count(m.id)::int AS recipients, (count(m.id) FILTER (WHERE m.state = 'sent'))::int AS delivered,
  (count(m.id) FILTER (WHERE m.state = 'failed'))::int AS failed FROM notice n LEFT JOIN message m ON m.notice_id = n.id AND m.reason IS DISTINCT FROM 'recipient_erased'`;
const MAX_VERSION = 2_147_483_647;

/** `/v1/notices`: what was announced, to whom, and who has it. */
@Controller('v1/notices')
export class NoticesController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly vault: RecipientVault,
  ) {}

  /** Newest first. */
  @Get()
  @Operation({
    id: 'listNotices',
    summary: 'Lists what was announced of policy changes, newest first',
    query: pageQuery,
    answers: { 200: pageAnswer(noticeSummary) },
    leadsTo: { getNotice: { id: '/items/0/id' } },
  })
  async list(@FromCall() call: Call, @Query() query: Record<string, string>): Promise<Page<unknown>> {
    const { limit, cursor } = parseBody(pageQuery, query);
    const before = Number(readCursor(cursor) ?? MAX_VERSION);
    const rows = await this.unitOfWork.run(call.tenant, (tx) =>
      tx.query<Row>(`${SELECT} WHERE n.policy_version < $1 GROUP BY n.id ORDER BY n.policy_version DESC LIMIT $2`, [
        Number.isInteger(before) ? before : MAX_VERSION,
        limit + 1,
      ]),
    );
    const page = pageOf(rows, limit, (row) => String(row.policy_version));
    return { items: page.items.map(present), nextCursor: page.nextCursor };
  }

  @Get(':id')
  @Operation({
    id: 'getNotice',
    summary: 'Shows a notice with what changes and who has it',
    description: 'A delivery is recorded for every recipient (AJU-56).',
    params: z.object({ id: uuid }),
    answers: { 200: noticeAnswer },
    refusals: { 404: ['not_found'] },
  })
  async get(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    if (!uuid.safeParse(id).success) throw notFound('notice');
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const [row] = await tx.query<Row>(`${SELECT} WHERE n.id = $1 GROUP BY n.id`, [id]);
      if (!row) throw notFound('notice');
      return { ...present(row), changes: row.changes, recipientStates: await this.recipients(tx, id) };
    });
  }

  private async recipients(tx: Tx, noticeId: string): Promise<readonly unknown[]> {
    const rows = await tx.query<RecipientRow>(
      `SELECT m.recipient_id, r.email, m.state, m.attempts, m.reason, m.sent_at FROM message m LEFT JOIN recipient r ON r.id = m.recipient_id
        WHERE m.notice_id = $1 ORDER BY m.recipient_id`,
      [noticeId],
    );
    const addresses = await this.vault.addresses(tx.tenant, rows);
    return rows.map((row) => ({
      id: row.recipient_id,
      email: maskAddress(addresses.get(row.recipient_id) ?? ''),
      state: row.state === 'sent' ? 'delivered' : row.state,
      deliveredAt: row.sent_at,
      attempts: row.attempts,
      reason: row.reason,
    }));
  }
}

function present(row: Row): Readonly<Record<string, unknown>> {
  return {
    id: row.id,
    policyVersion: row.policy_version,
    state: noticeState({ ...row, channelsNeeded: row.channels_needed }),
    effectiveFrom: row.effective_from,
    promise: row.promise,
    channels: row.channels,
    audience: row.audience,
    recipients: row.recipients,
    delivered: row.delivered,
    failed: row.failed,
    announcedAt: row.announced_at,
    publishedAt: row.published_at,
    endedAt: row.ended_at,
  };
}
