import { noticeAnswer } from '@heed/certificate';
import { CertificateReader, presentCertificate } from '@heed/certificate-register';
import { FromCall, Operation } from '@heed/http';
import type { Call } from '@heed/http';
import { notFound, uuid } from '@heed/kernel';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CertifyNotice } from './certify-notice.use-case.js';

@Controller('v1/notices/:id/certificate')
export class NoticeCertificateController {
  constructor(
    private readonly certificates: CertificateReader,
    private readonly notices: CertifyNotice,
  ) {}

  @Get()
  @Operation({
    id: 'getNoticeCertificate',
    summary: 'Shows the signed certificate of who was told of a change of the policy, and how long before',
    description:
      'In numbers: nobody who was told is named. JSON, or with `Accept: text/html` a page to read and print; it can be checked without Heed. ' +
      '503 `ledger_pending` while the ledger has not come to it.',
    params: z.object({ id: uuid }),
    answers: { 200: { description: 'The certificate.', forms: { 'application/json': noticeAnswer, 'text/html': z.string() } } },
    refusals: { 404: ['not_found'], 409: ['notice_open'] },
  })
  async get(
    @FromCall() call: Call,
    @Param('id') id: string,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    if (!uuid.safeParse(id).success) throw notFound('notice');
    return presentCertificate(await this.certificates.read(call.tenant, (tx) => this.notices.certify(tx, id)), accept, reply);
  }
}
