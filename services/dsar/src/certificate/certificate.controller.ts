import { FromCall, Operation } from '@heed/http';
import type { Call } from '@heed/http';
import { notFound, uuid } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { findRequest } from '../case/adapters/request.store.js';
import { PAGE_HEADERS, prefers } from '../web-page.js';
import { certificateAnswer } from './certificate.answer.js';
import { certificatePage } from './certificate-page.js';
import type { SignedCertificate } from './certificate.js';

@Controller('v1/requests/:id/certificate')
export class CertificateController {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** The newest certificate: signed JSON, or with `Accept: text/html` a page to read and print. */
  @Get()
  @Operation({
    id: 'getCertificate',
    summary: 'Shows the newest signed certificate of an erasure',
    description: 'JSON, or with `Accept: text/html` a page to read and print. It can be checked without Heed.',
    params: z.object({ id: uuid }),
    answers: {
      200: { description: 'The certificate.', forms: { 'application/json': certificateAnswer, 'text/html': z.string() } },
    },
    refusals: { 404: ['not_found'] },
  })
  async get(
    @FromCall() call: Call,
    @Param('id') id: string,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const signed = await this.unitOfWork.run(call.tenant, async (tx) => {
      const request = await findRequest(tx, id);
      const [row] = await tx.query<{ document: SignedCertificate }>('SELECT document FROM certificate WHERE id = $1', [request.certificate_id]);
      return row?.document;
    });
    if (!signed) throw notFound('certificate');
    void reply.header('vary', 'accept');
    if (!prefers(accept, 'text/html', 'application/json')) return signed;
    void reply.headers(PAGE_HEADERS);
    return certificatePage(signed);
  }
}
