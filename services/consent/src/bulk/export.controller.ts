import { FromCall, NDJSON, Operation, parseBody } from '@heed/http';
import type { Call } from '@heed/http';
import { uuid } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { Controller, Get, Header, Query } from '@nestjs/common';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { consentRecord } from '../consent-record/consent.answer.js';
import { exportRegister } from './export-register.use-case.js';

const exportQuery = z.strictObject({
  after: uuid.optional().describe('The id of the last record that came: an export that was cut off goes on behind it.'),
});

/** The whole register, for those who answer for it. */
@Controller('v1/consents/export')
export class ExportController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: PolicyStore,
  ) {}

  @Get()
  @Header('content-type', NDJSON)
  @Operation({
    id: 'exportConsentRecords',
    summary: "Streams the tenant's whole consent register, oldest first, a record a line",
    description:
      'People appear by their refs alone: whoever may know who they are asks for each by itself. An answer that ends early, without the end of its ' +
      'last line, was cut off; ask again with `after`. Decisions that are made meanwhile may be in it or not.',
    query: exportQuery,
    answers: { 200: { description: 'The records.', forms: { [NDJSON]: consentRecord } } },
  })
  async export(@FromCall() call: Call, @Query() query: unknown): Promise<Readable> {
    const { after } = parseBody(exportQuery, query);
    await this.unitOfWork.run(call.tenant, (tx) => this.policies.current(tx)); // refused before the first line rather than after
    return Readable.from(exportRegister(this.unitOfWork, call.tenant, after), { objectMode: false });
  }
}
