import { linkAnswer, linkBody, linksAnswer, linksBody, subjectLinkBody } from '@heed/contracts-consent';
import { FromCall, Operation, parseBody } from '@heed/http';
import type { Call } from '@heed/http';
import { notFound, subjectRef } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { personIn } from '../subject/normalise.js';
import { SubjectStore } from '../subject/subject.store.js';
import { MakeLinks } from './make-links.use-case.js';

/** Links for people, made for a mail to them or for a page on which they are logged in elsewhere. */
@Controller()
export class LinkController {
  constructor(
    private readonly links: MakeLinks,
    private readonly subjects: SubjectStore,
    private readonly policies: PolicyStore,
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

  @Post('v1/links')
  @HttpCode(201)
  @Operation({
    id: 'makeLinkFor',
    summary: 'Makes such a link for whoever the identifiers belong to, e.g. for somebody who is logged in elsewhere',
    description: 'As `makeLink`. 404 where nobody is known by them, or they belong to several people: nobody is met by asking for a link.',
    body: subjectLinkBody.meta({ id: 'NewLinkFor' }),
    example: { subject: { identifiers: [{ type: 'email', value: 'ada@example.com' }] }, kind: 'preferences' },
    answers: { 201: linkAnswer.meta({ id: 'Link' }) },
    refusals: { 404: ['not_found'], 422: ['purpose_unknown', 'link_expiry_out_of_range'] },
    idempotent: false,
  })
  async makeFor(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const { subject, ...wanted } = parseBody(subjectLinkBody, body);
    const [link] = await this.unitOfWork.run(
      call.tenant,
      async (tx) => {
        const { pack } = await this.policies.current(tx);
        const [found] = await this.subjects.find(tx, [personIn(subject, pack.tenant.country?.value)]);
        return found && found.aliases.length === 0 ? this.links.make(tx, [{ ...wanted, ref: found.ref }]) : [];
      },
      { cause: call.cause },
    );
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
