import { decisionSetBody, withdrawalBody } from '@heed/contracts-ingress';
import { FromCall, NDJSON, Operation, parseBody, StreamedBody, streamOf } from '@heed/http';
import type { Call } from '@heed/http';
import { Body, Controller, Header, HttpCode, Post, Query } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { lineId } from './bulk-line.js';
import { lineResult } from './line-result.js';
import { RecordLines } from './record-lines.use-case.js';
import { UploadSlots } from './upload-slots.js';
import { uploadResults } from './upload.js';

const flag = z.enum(['true', 'false']).default('false');
const uploadQuery = z.strictObject({
  dryRun: flag.describe('`true`: nothing is recorded; each line is told what would become of it.'),
  onlyChanges: flag.describe('`true`: a decision that says what holds already is not written again.'),
});

const decisionLine = z.strictObject({ id: lineId, ...decisionSetBody.shape });
const withdrawalLine = z.strictObject({ id: lineId, ...withdrawalBody.shape });

/** `/v1/consents/batch`: as many decisions as one likes, in one call. */
@Controller('v1/consents/batch')
export class BulkController {
  private readonly slots = new UploadSlots();

  constructor(private readonly lines: RecordLines) {}

  @Post()
  @HttpCode(200)
  @Header('content-type', NDJSON)
  @StreamedBody()
  @Operation({
    id: 'recordManyDecisions',
    summary: 'Records decisions and withdrawals, one a line, and answers each with a line',
    description:
      'NDJSON in, NDJSON out, in order, while it is being sent; a line is the body of `/v1/consents` or `/v1/withdrawals` with an `id`. ' +
      'One that is refused leaves the others alone. If the connection or the database goes away, send all of it again: what was recorded is answered `duplicate`.',
    query: uploadQuery,
    body: { [NDJSON]: z.union([decisionLine, withdrawalLine]) },
    answers: { 200: { description: 'A result for each line, in their order.', forms: { [NDJSON]: lineResult } } },
    idempotent: false,
  })
  async batch(@FromCall() call: Call, @Query() query: unknown, @Body() body: unknown): Promise<Readable> {
    const { dryRun, onlyChanges } = parseBody(uploadQuery, query);
    const stream = streamOf(body);
    const release = this.slots.take(call.tenant);
    try {
      await this.lines.ready(call.tenant);
    } catch (error) {
      release();
      throw error;
    }
    return uploadResults(stream, call, this.lines, { dryRun: dryRun === 'true', onlyChanges: onlyChanges === 'true' }).once('close', release);
  }
}
