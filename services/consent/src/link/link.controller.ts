import { linkAnswer, linkBody, linksAnswer, linksBody } from '@heed/contracts-consent';
import { FromCall, Operation, parseBody } from '@heed/http';
import type { Call } from '@heed/http';
import { notFound, subjectRef } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { MakeLinks } from './make-links.use-case.js';

/** Links for people, made for a mail to them or for a page on which they are logged in elsewhere. */
@Controller()
export class LinkController {
  constructor(
    private readonly links: MakeLinks,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Post('v1/subjects/:ref/links')
  @HttpCode(201)
  @Operation({
    id: 'makeLink',
    summary: 'Makes a link by which a person unsubscribes, or sees and changes what they decided, without a login',
    description:
      'Each call makes another link, and no answer is kept: a link is a key, of which Heed stores the hash alone. It ends with its expiry or with the erasure of the person.',
    params: z.object({ ref: subjectRef }),
    body: linkBody.meta({ id: 'NewLink' }),
    example: { kind: 'preferences' },
    answers: { 201: linkAnswer.meta({ id: 'Link' }) },
    refusals: { 404: ['not_found'], 422: ['purpose_unknown', 'link_expiry_out_of_range'] },
    idempotent: false,
  })
  async make(@FromCall() call: Call, @Param('ref') ref: string, @Body() body: unknown): Promise<unknown> {
    if (!subjectRef.safeParse(ref).success) throw notFound('person');
    const wanted = parseBody(linkBody, body);
    const [link] = await this.unitOfWork.run(call.tenant, (tx) => this.links.make(tx, [{ ...wanted, ref }]), { cause: call.cause });
    if (!link) throw notFound('person');
    return link;
  }

  @Post('internal/links')
  @HttpCode(200)
  @Operation({
    id: 'makeLinks',
    summary: 'Makes the links of many mails at once, in the order asked',
    tag: { name: 'internal', description: "Calls of Heed's own services; the origin does not route them." },
    body: linksBody,
    answers: { 200: linksAnswer },
    refusals: { 422: ['purpose_unknown'] },
    idempotent: false,
  })
  async makeMany(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const { links } = parseBody(linksBody, body);
    return { links: await this.unitOfWork.run(call.tenant, (tx) => this.links.make(tx, links), { cause: call.cause }) };
  }
}
