import { consentAnswer, withdrawalAnswer } from '@heed/certificate';
import { CertificateReader, presentCertificate } from '@heed/certificate-register';
import { FromCall, Operation } from '@heed/http';
import type { Call } from '@heed/http';
import { notFound, uuid } from '@heed/kernel';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CertifyConsent } from './certify-consent.use-case.js';
import { CertifyWithdrawal } from './certify-withdrawal.use-case.js';

/** Certificates of what people decided, and of where a no was carried to. */
@Controller('v1')
export class CertificateController {
  constructor(
    private readonly certificates: CertificateReader,
    private readonly withdrawals: CertifyWithdrawal,
    private readonly consents: CertifyConsent,
  ) {}

  @Get('withdrawals/:id/certificate')
  @Operation({
    id: 'getWithdrawalCertificate',
    summary: 'Shows the signed certificate of a withdrawal that every store has heeded',
    description:
      "What each store answered, with its agent's signature. JSON, or with `Accept: text/html` a page to read and print; it can be checked without Heed. " +
      '503 `ledger_pending` while the ledger has not come to it.',
    params: z.object({ id: uuid }),
    answers: { 200: { description: 'The certificate.', forms: { 'application/json': withdrawalAnswer, 'text/html': z.string() } } },
    refusals: { 404: ['not_found'], 409: ['withdrawal_open'] },
  })
  async ofWithdrawal(
    @FromCall() call: Call,
    @Param('id') id: string,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    if (!uuid.safeParse(id).success) throw notFound('withdrawal');
    return presentCertificate(await this.certificates.read(call.tenant, (tx) => this.withdrawals.certify(tx, id)), accept, reply);
  }

  @Get('consents/:id/certificate')
  @Operation({
    id: 'getConsentCertificate',
    summary: 'Shows the signed certificate of one decision, and of what was decided since',
    description:
      'Purpose, the words that were shown, method, actor and times. JSON, or with `Accept: text/html` a page to read and print; it can be checked without Heed. ' +
      '503 `ledger_pending` while the ledger has not come to it.',
    params: z.object({ id: uuid.describe('The consent record.') }),
    answers: { 200: { description: 'The certificate.', forms: { 'application/json': consentAnswer, 'text/html': z.string() } } },
    refusals: { 404: ['not_found'] },
  })
  async ofConsent(
    @FromCall() call: Call,
    @Param('id') id: string,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    if (!uuid.safeParse(id).success) throw notFound('consent record');
    return presentCertificate(await this.certificates.read(call.tenant, (tx) => this.consents.certify(tx, id)), accept, reply);
  }
}
