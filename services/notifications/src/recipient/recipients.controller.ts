import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { malformed, uuid } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { maskAddress } from './domain/plan-recipients.js';
import { EraseRecipient } from './erase-recipient.use-case.js';
import { audience, recipientAnswer, recipientErased, recipientsSaved } from './recipient.answer.js';
import { RecipientVault } from './recipient-vault.js';
import { SaveRecipients } from './save-recipients.use-case.js';

const body = z.strictObject({
  audience,
  recipients: z
    .array(z.strictObject({ id: uuid.optional(), email: z.string().trim().max(320).meta({ format: 'email' }).pipe(z.email()), name: z.string().trim().min(1).max(200).optional() }))
    .min(1)
    .max(1000),
});
const listQuery = pageQuery.extend({ audience: audience.optional() });

interface Row {
  readonly id: string;
  readonly audience: string;
  readonly email: Buffer;
  readonly name: Buffer | null;
  readonly added_at: Date;
  readonly changed_at: Date;
}

/** `/v1/notices/recipients`: the people whom the policy promises to tell of its changes. */
@Controller('v1/notices/recipients')
export class RecipientsController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly saveRecipients: SaveRecipients,
    private readonly eraseRecipient: EraseRecipient,
    private readonly vault: RecipientVault,
  ) {}

  /** Adds and corrects; the same call again changes nothing. */
  @Post()
  @HttpCode(200)
  @Operation({
    id: 'saveRecipients',
    summary: 'Adds and corrects the people whom the policy promises to tell of its changes',
    description: 'A notice that is on its way reaches new ones too (AJU-56).',
    body: body.meta({ id: 'Recipients' }),
    example: { audience: 'customer_admins', recipients: [{ email: 'admin@example.com', name: 'Grace' }] },
    answers: { 200: recipientsSaved },
    refusals: { 409: ['recipient_of_another_audience', 'recipient_address_taken'] },
  })
  async save(@FromCall() call: Call, @Body() json: unknown): Promise<unknown> {
    const wanted = parseBody(body, json);
    return runCall(this.unitOfWork, call, async (tx) => {
      const plan = await this.saveRecipients.run(tx, wanted);
      return {
        audience: wanted.audience,
        added: plan.filter(({ change }) => change === 'added').length,
        recipients: plan.map(({ id, email }) => ({ id, email: maskAddress(email) })),
      };
    });
  }

  @Get()
  @Operation({
    id: 'listRecipients',
    summary: 'Lists who is told of policy changes, with masked addresses',
    query: listQuery,
    answers: { 200: pageAnswer(recipientAnswer) },
    leadsTo: { eraseRecipient: { id: '/items/0/id' } },
  })
  async list(@FromCall() call: Call, @Query() query: Record<string, string>): Promise<Page<unknown>> {
    const { limit, cursor, audience: only } = parseBody(listQuery, query);
    const after = readCursor(cursor);
    if (after !== undefined && !uuid.safeParse(after).success) throw malformed('cursor_malformed', 'The cursor is not one that a list gave.');
    const rows = await this.unitOfWork.run(call.tenant, (tx) =>
      tx.query<Row>(
        `SELECT id, audience, email, name, added_at, changed_at FROM recipient
          WHERE ($1::uuid IS NULL OR id > $1) AND ($2::text IS NULL OR audience = $2) ORDER BY id LIMIT $3`,
        [after ?? null, only ?? null, limit + 1],
      ),
    );
    const page = pageOf(rows, limit, (row) => row.id);
    return { items: await this.present(call.tenant, page.items), nextCursor: page.nextCursor };
  }

  @Post(':id/erase')
  @HttpCode(200)
  @Operation({
    id: 'eraseRecipient',
    summary: 'Forgets who a recipient is',
    description: 'Address, name and key go. What was sent to them, and when, stays under their id; what was still to be sent ends as failed.',
    params: z.object({ id: uuid }),
    answers: { 200: recipientErased },
    refusals: { 404: ['not_found'] },
  })
  async erase(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    return runCall(this.unitOfWork, call, async (tx) => ({ id, unsent: await this.eraseRecipient.run(tx, id) }));
  }

  private async present(tenant: string, rows: readonly Row[]): Promise<readonly unknown[]> {
    const emails = await this.vault.open(tenant, rows.map(({ id: recipientId, email: sealed }) => ({ recipientId, field: 'email', sealed })));
    const named = rows.flatMap(({ id: recipientId, name: sealed }) => (sealed ? [{ recipientId, field: 'name' as const, sealed }] : []));
    const opened = await this.vault.open(tenant, named);
    const names = new Map(named.map(({ recipientId }, i) => [recipientId, opened[i]]));
    return rows.map((row, i) => ({
      id: row.id,
      audience: row.audience,
      email: maskAddress(emails[i] ?? ''),
      name: names.get(row.id) ?? null,
      addedAt: row.added_at,
      changedAt: row.changed_at,
    }));
  }
}
