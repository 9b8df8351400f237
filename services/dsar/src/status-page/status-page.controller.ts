import { erasureAnswer } from '@heed/certificate';
import type { ErasureCertificate } from '@heed/certificate';
import { CertificateReader, CertificateRegister } from '@heed/certificate-register';
import { newestStores } from '@heed/fanout';
import { hashOfPageToken, Operation, PAGE_HEADERS, prefers, tenantOfPageToken } from '@heed/http';
import { notFound } from '@heed/kernel';
import { isNotServed, UnitOfWork } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { RequestState } from '../case/domain/request-state.js';
import { statusPage, unknownPage } from './status-page.js';
import type { Status } from './status-page.js';

interface Row {
  readonly type: string;
  readonly state: RequestState;
  readonly received_at: Date;
  readonly due: Date;
  readonly closed_at: Date | null;
  readonly certificate_id: string | null;
  readonly certificate: ErasureCertificate | null;
}

const page = { 'text/html': z.string() };

/** `/r/{token}`: no login, the link is the key. */
@Controller('r')
export class StatusPageController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: PolicyStore,
    private readonly register: CertificateRegister,
    private readonly certificates: CertificateReader,
  ) {}

  @Get(':token')
  @Operation({
    id: 'showRequestStatus',
    summary: 'Shows a person where their request stands',
    description:
      'A page for the person, without a login: the link from the mail is the key. It says nothing of who they are. Once the request is closed it ' +
      'shows what each store answered, and with `Accept: application/json` it is the signed certificate itself.',
    params: z.object({ token: z.string().min(1).max(100) }),
    answers: { 200: { description: 'The page, or the certificate.', forms: { ...page, 'application/json': erasureAnswer } } },
    refusals: { 404: { codes: ['not_found'], forms: page } },
  })
  async get(
    @Param('token') token: string,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const status = await this.find(token);
    void reply.header('vary', 'accept');
    if (prefers(accept, 'application/json', 'text/html')) {
      const certificate = status?.certificate;
      if (!certificate) throw notFound('certificate');
      void reply.header('cache-control', 'no-store');
      return this.certificates.read(certificate.tenant.id, () => Promise.resolve(certificate.id));
    }
    void reply.headers(PAGE_HEADERS).code(status ? 200 : 404);
    return status ? statusPage(status) : unknownPage();
  }

  private async find(token: string): Promise<Status | undefined> {
    const tenant = tenantOfPageToken(token);
    if (!tenant) return undefined;
    try {
      return await this.unitOfWork.run(tenant, async (tx) => {
        const [row] = await tx.query<Row>(
          `SELECT r.type, r.state, r.received_at, r.due, r.closed_at, r.certificate_id, c.document->'certificate' AS certificate
             FROM request r LEFT JOIN issued_certificate c ON c.id = r.certificate_id WHERE r.status_hash = $1`,
          [hashOfPageToken(token)],
        );
        if (!row) return undefined;
        const { tenant: writer } = (await this.policies.current(tx)).pack;
        return {
          controller: writer.controller.value,
          contact: (writer.contacts.dpo ?? writer.contacts.privacy).value,
          type: row.type,
          state: row.state,
          receivedAt: row.received_at,
          due: row.due,
          closedAt: row.closed_at,
          certificate: row.certificate,
          signed: row.certificate_id ? ((await this.register.evidenced(tx, row.certificate_id)) ?? null) : null,
          storeTitles: new Map((await newestStores(tx)).map((store) => [store.id, store.title])),
        };
      });
    } catch (error) {
      if (isNotServed(error)) return undefined;
      throw error;
    }
  }
}
