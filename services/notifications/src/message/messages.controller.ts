import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { malformed, notFound, uuid } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { MESSAGE_STATES, messageAnswer } from './message.answer.js';

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly template: string;
  readonly request_id: string | null;
  readonly notice_id: string | null;
  readonly state: string;
  readonly attempts: number;
  readonly doubtful: boolean;
  readonly reason: string | null;
  readonly created_at: Date;
  readonly next_at: Date;
  readonly sent_at: Date | null;
}

const SELECT = 'SELECT id, kind, template, request_id, notice_id, state, attempts, doubtful, reason, created_at, next_at, sent_at FROM message';
const listQuery = pageQuery.extend({ requestId: uuid.optional(), state: z.enum(MESSAGE_STATES).optional() });
const position = z.tuple([z.iso.datetime(), z.uuid()]);

/** `/v1/messages`: what was written to people and what became of it. Never an address. */
@Controller('v1/messages')
export class MessagesController {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Newest first. */
  @Get()
  @Operation({
    id: 'listMessages',
    summary: 'Lists what was written to people and what became of it, newest first',
    description: 'Never an address.',
    query: listQuery,
    answers: { 200: pageAnswer(messageAnswer) },
    leadsTo: { getMessage: { id: '/items/0/id' } },
  })
  async list(@FromCall() call: Call, @Query() query: Record<string, string>): Promise<Page<unknown>> {
    const { limit, cursor, requestId, state } = parseBody(listQuery, query);
    const [beforeAt, beforeId] = positionOf(readCursor(cursor));
    const rows = await this.unitOfWork.run(call.tenant, (tx) =>
      tx.query<Row>(
        `${SELECT} WHERE ($1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid)) AND ($3::uuid IS NULL OR request_id = $3)
            AND ($4::text IS NULL OR state = $4) ORDER BY created_at DESC, id DESC LIMIT $5`,
        [beforeAt, beforeId, requestId ?? null, state ?? null, limit + 1],
      ),
    );
    const page = pageOf(rows, limit, (row) => `${row.created_at.toISOString()}|${row.id}`);
    return { items: page.items.map(present), nextCursor: page.nextCursor };
  }

  @Get(':id')
  @Operation({
    id: 'getMessage',
    summary: 'Shows what became of one message',
    params: z.object({ id: uuid }),
    answers: { 200: messageAnswer },
    refusals: { 404: ['not_found'] },
  })
  async get(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    if (!uuid.safeParse(id).success) throw notFound('message');
    const [row] = await this.unitOfWork.run(call.tenant, (tx) => tx.query<Row>(`${SELECT} WHERE id = $1`, [id]));
    if (!row) throw notFound('message');
    return present(row);
  }
}

function positionOf(cursor: string | undefined): readonly [string | null, string | null] {
  if (cursor === undefined) return [null, null];
  const read = position.safeParse(cursor.split('|'));
  if (!read.success) throw malformed('cursor_malformed', 'The cursor is not one that a list gave.');
  return read.data;
}

function present(row: Row): unknown {
  return {
    id: row.id,
    kind: row.kind,
    template: row.template,
    requestId: row.request_id,
    noticeId: row.notice_id,
    state: row.state,
    reason: row.reason,
    attempts: row.attempts,
    maybeTwice: row.doubtful,
    createdAt: row.created_at,
    nextAttemptAt: row.state === 'queued' ? row.next_at : null,
    sentAt: row.sent_at,
  };
}
