import { consentReceipt, receiptAnswer } from '@heed/certificate';
import { Operation } from '@heed/http';
import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { OwnReceipts } from './own-receipts.js';
import { LINK_PAGE_HEADERS } from './page/frame.js';
import { UnknownLink } from './unknown-link.js';

const params = z.object({ token: z.string().min(1).max(100) });
const unknownLink = { codes: [], forms: { 'text/html': z.string() } };
const file = (name: string): Readonly<Record<string, string>> => ({
  ...LINK_PAGE_HEADERS, 'content-type': 'application/json; charset=utf-8', 'content-disposition': `attachment; filename="${name}"`,
});

/** What a person downloads from their page: no login, the link is the key. */
@Controller('u/:token/receipts')
export class OwnReceiptsController {
  constructor(
    private readonly receipts: OwnReceipts,
    private readonly unknown: UnknownLink,
  ) {}

  @Get()
  @Operation({
    id: 'downloadReceipts',
    summary: 'Hands a person the receipts of all their decisions, as a file',
    description: 'By ISO/IEC TS 27560, newest first, unsigned; written while it is read, however many there are.',
    params,
    answers: { 200: { description: 'The receipts.', forms: { 'application/json': z.strictObject({ receipts: z.array(consentReceipt) }) } } },
    refusals: { 404: unknownLink },
  })
  async all(@Param('token') token: string, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Readable | string> {
    const document = await this.receipts.all(token);
    if (!document) return this.unknown.answer(token, request, reply);
    void reply.headers(file('receipts.json'));
    return Readable.from(document, { objectMode: false });
  }

  /** A POST, because a receipt that is signed is also entered in the ledger. */
  @Post()
  @HttpCode(200)
  @Operation({
    id: 'downloadSignedReceipts',
    summary: 'Signs the receipts of what a person has decided, one for each purpose with its history, and hands them over as a file',
    description: 'Each can be checked without Heed. 503 `ledger_pending` while the ledger has not come to one of them.',
    params,
    answers: { 200: { description: 'The receipts.', forms: { 'application/json': z.strictObject({ receipts: z.array(receiptAnswer) }) } } },
    refusals: { 404: unknownLink },
    idempotent: false,
  })
  async signed(@Param('token') token: string, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const receipts = await this.receipts.signed(token);
    if (!receipts) return this.unknown.answer(token, request, reply);
    void reply.headers(file('signed-receipts.json'));
    return JSON.stringify({ receipts }, null, 2);
  }
}
