import { asLinkedData, consentReceipt, linkedReceipt, receiptAnswer } from '@heed/certificate';
import type { ConsentReceipt } from '@heed/certificate';
import { CertificateReader, presentCertificate } from '@heed/certificate-register';
import { FromCall, NDJSON, Operation, pageAnswer, pageOf, pageQuery, parseBody, prefers, readCursor } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { MAX_UUID, notFound, subjectRef, uuid } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Controller, Get, Header, Headers, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { registerLine } from './receipt.answer.js';
import { Receipts } from './receipts.use-case.js';
import { registerExtract } from './register-extract.js';

const LINKED = 'application/ld+json';
const ref = subjectRef.describe('The person.');

/** What a person is given of the register that is kept about them (AJU-11). */
@Controller('v1/subjects')
export class ReceiptController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly receipts: Receipts,
    private readonly certificates: CertificateReader,
  ) {}

  @Get(':ref/receipts')
  @Operation({
    id: 'listReceipts',
    summary: "Lists the receipts of a person's decisions, newest first",
    description: 'By ISO/IEC TS 27560, each with the one event of its decision, unsigned; `getReceipt` gives one signed, with what became of it. `record.register.record_id` names it.',
    params: z.object({ ref }),
    query: pageQuery,
    answers: { 200: pageAnswer(consentReceipt) },
    refusals: { 404: ['not_found'] },
  })
  async list(@FromCall() call: Call, @Param('ref') person: string, @Query() query: unknown): Promise<Page<ConsentReceipt>> {
    const { limit, cursor } = parseBody(pageQuery, query);
    const before = parseBody(z.uuid(), readCursor(cursor) ?? MAX_UUID);
    if (!subjectRef.safeParse(person).success) throw notFound('person');
    const receipts = await this.unitOfWork.run(call.tenant, (tx) => this.receipts.page(tx, person, before, limit + 1));
    return pageOf(receipts, limit, ({ record }) => record.register.record_id);
  }

  @Get(':ref/receipts/:recordId')
  @Operation({
    id: 'getReceipt',
    summary: 'Shows the signed receipt of one decision, with the history of its purpose',
    description:
      'ISO/IEC TS 27560 in JSON; with `Accept: application/ld+json` the same as linked data (W3C DPV, the context inlined), with `Accept: text/html` a page to read and print. ' +
      'Every form can be checked without Heed (`heed certificate verify`). 503 `ledger_pending` while the ledger has not come to it.',
    params: z.object({ ref, recordId: uuid.describe('The consent record.') }),
    answers: {
      200: { description: 'The receipt.', forms: { 'application/json': receiptAnswer, [LINKED]: linkedReceipt, 'text/html': z.string() } },
    },
    refusals: { 404: ['not_found'] },
  })
  async get(
    @FromCall() call: Call,
    @Param('ref') person: string,
    @Param('recordId') recordId: string,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    if (!subjectRef.safeParse(person).success || !uuid.safeParse(recordId).success) throw notFound('consent record');
    const signed = await this.certificates.read(call.tenant, (tx) => this.receipts.certify(tx, person, recordId));
    const answer = presentCertificate(signed, accept, reply);
    if (answer !== signed || !prefers(accept, LINKED, 'application/json')) return answer;
    void reply.header('content-type', LINKED);
    return asLinkedData(signed);
  }

  @Get(':ref/register')
  @Header('content-type', NDJSON)
  @Operation({
    id: 'getRegister',
    summary: "Streams a person's whole consent register, oldest first, a record a line",
    description:
      'What was agreed to, refused and taken back, when, by which way and under which words. The last line has `end` with the number of records: an answer without it was cut off.',
    params: z.object({ ref }),
    answers: { 200: { description: 'The register.', forms: { [NDJSON]: registerLine } } },
    refusals: { 404: ['not_found'] },
  })
  async register(@FromCall() call: Call, @Param('ref') person: string): Promise<Readable> {
    if (!subjectRef.safeParse(person).success) throw notFound('person');
    return Readable.from(await registerExtract(this.unitOfWork, call.tenant, person), { objectMode: false });
  }
}
