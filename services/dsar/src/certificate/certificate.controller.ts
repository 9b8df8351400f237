import { erasureAnswer } from '@heed/certificate';
import { CertificateReader, presentCertificate } from '@heed/certificate-register';
import { FromCall, Operation } from '@heed/http';
import type { Call } from '@heed/http';
import { uuid } from '@heed/kernel';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { findRequest } from '../case/adapters/request.store.js';

@Controller('v1/requests/:id/certificate')
export class CertificateController {
  constructor(private readonly certificates: CertificateReader) {}

  /** The newest certificate: signed JSON, or with `Accept: text/html` a page to read and print. */
  @Get()
  @Operation({
    id: 'getCertificate',
    summary: 'Shows the newest signed certificate of an erasure',
    description:
      'JSON, or with `Accept: text/html` a page to read and print. It can be checked without Heed: by its signature, the signatures of the stores\' agents and ' +
      'the proof that the ledger has it. 503 `ledger_pending` while the ledger has not come to it.',
    params: z.object({ id: uuid }),
    answers: {
      200: { description: 'The certificate.', forms: { 'application/json': erasureAnswer, 'text/html': z.string() } },
    },
    refusals: { 404: ['not_found'] },
  })
  async get(
    @FromCall() call: Call,
    @Param('id') id: string,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const signed = await this.certificates.read(call.tenant, async (tx) => (await findRequest(tx, id)).certificate_id ?? undefined);
    return presentCertificate(signed, accept, reply);
  }
}
