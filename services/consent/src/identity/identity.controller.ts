import { linkBody } from '@heed/contracts-ingress';
import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { identifier, MAX_UUID, notFound, subjectRef } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { metAgain } from '../subject/met-at-once.js';
import { normaliseAll } from '../subject/normalise.js';
import { identifiersLinked, identifiersUnlinked, identityChange, identityChanged, mergeBody, splitBody } from './identity.answer.js';
import { changesOf } from './identity-change.store.js';
import { refsOfPerson } from './identity.store.js';
import { LinkIdentifiers } from './link-identifiers.use-case.js';
import { MergePeople } from './merge-people.use-case.js';
import { SplitPerson } from './split-person.use-case.js';
import { UnlinkIdentifiers } from './unlink-identifiers.use-case.js';

const params = z.object({ ref: subjectRef });
const unlinkBody = z.strictObject({ identifiers: z.array(identifier).min(1).max(16) });
const REFUSALS = { 404: ['not_found'], 422: ['subject_erased'] };

/** Who is who: identifiers of a person, people who turn out to be one, and the history of both. */
@Controller('v1/subjects/:ref')
export class IdentityController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: PolicyStore,
    private readonly linking: LinkIdentifiers,
    private readonly unlinking: UnlinkIdentifiers,
    private readonly merging: MergePeople,
    private readonly splitting: SplitPerson,
  ) {}

  @Post('identifiers')
  @HttpCode(200)
  @Operation({
    id: 'linkIdentifiers',
    summary: 'Says that identifiers are a person’s',
    description:
      'A visitor of whom only cookies or devices are known becomes the person, with what they decided. With reason `login` a device is taken from whoever used it before, whose decisions stay theirs.',
    params,
    body: linkBody.meta({ id: 'IdentityLink' }),
    example: { identifiers: [{ type: 'cookie_id', value: 'c1f0a4de77' }], reason: 'login' },
    answers: { 200: identifiersLinked },
    refusals: { ...REFUSALS, 409: ['identifier_of_another'] },
  })
  async link(@FromCall() call: Call, @Param('ref') ref: string, @Body() body: unknown): Promise<unknown> {
    const { identifiers, reason } = parseBody(linkBody, body);
    return this.run(call, ref, async (tx) => {
      const normalised = await this.normalised(tx, identifiers);
      return this.linking.link(tx, { person: { ref }, identifiers: normalised, reason, actor: call.actor, cause: call.cause });
    });
  }

  @Post('identifiers/unlink')
  @HttpCode(200)
  @Operation({
    id: 'unlinkIdentifiers',
    summary: 'Says that identifiers are not this person’s',
    description: 'They become a person of their own, who has agreed to nothing and keeps every no.',
    params,
    body: unlinkBody.meta({ id: 'IdentityUnlink' }),
    example: { identifiers: [{ type: 'phone', value: '+919876543210' }] },
    answers: { 200: identifiersUnlinked },
    refusals: { ...REFUSALS, 409: ['identifier_not_linked', 'last_identifier'] },
  })
  async unlink(@FromCall() call: Call, @Param('ref') ref: string, @Body() body: unknown): Promise<unknown> {
    const { identifiers } = parseBody(unlinkBody, body);
    return this.run(call, ref, async (tx) => {
      const normalised = await this.normalised(tx, identifiers);
      return this.unlinking.unlink(tx, { ref, identifiers: normalised, reason: 'unlinked', actor: call.actor, cause: call.cause });
    });
  }

  @Post('merge')
  @HttpCode(200)
  @Operation({
    id: 'mergePeople',
    summary: 'Makes two refs one person; what either said no to is a no for both',
    description: 'Stores are told with the identifiers of both, holds protect both, and an erasure that is open for either waits for somebody to say whom it is about.',
    params,
    body: mergeBody.meta({ id: 'PeopleMerge' }),
    example: { other: 'sub_0a1b2c3d4e5f60718293a4b5c6d7e8f9', reason: 'duplicate_account' },
    answers: { 200: identityChanged },
    refusals: { ...REFUSALS, 409: ['already_one_person', 'too_many_aliases'] },
  })
  async merge(@FromCall() call: Call, @Param('ref') ref: string, @Body() body: unknown): Promise<unknown> {
    const wanted = parseBody(mergeBody, body);
    return this.run(call, ref, (tx) => this.merging.merge(tx, { ...wanted, ref, kind: 'merged', actor: call.actor, cause: call.cause }));
  }

  @Post('split')
  @HttpCode(200)
  @Operation({
    id: 'splitPerson',
    summary: 'Undoes a merge: identifiers go back, every no stays with both, and no yes of the time in between with either',
    params,
    body: splitBody.meta({ id: 'PersonSplit' }),
    example: { other: 'sub_0a1b2c3d4e5f60718293a4b5c6d7e8f9' },
    answers: { 200: identityChanged },
    refusals: { ...REFUSALS, 409: ['not_merged'] },
  })
  async split(@FromCall() call: Call, @Param('ref') ref: string, @Body() body: unknown): Promise<unknown> {
    const wanted = parseBody(splitBody, body);
    return this.run(call, ref, (tx) => this.splitting.split(tx, { ...wanted, ref, actor: call.actor, cause: call.cause }));
  }

  @Get('identity')
  @Operation({
    id: 'listIdentityChanges',
    summary: 'Lists what became of who a person is, newest first',
    description: 'Under all refs of the person. The identifiers that somebody was first known by are not a change.',
    params,
    query: pageQuery,
    answers: { 200: pageAnswer(identityChange) },
    refusals: { 404: ['not_found'] },
  })
  async history(@FromCall() call: Call, @Param('ref') ref: string, @Query() query: unknown): Promise<Page<unknown>> {
    assertRef(ref);
    const { limit, cursor } = parseBody(pageQuery, query);
    const before = parseBody(z.uuid(), readCursor(cursor) ?? MAX_UUID);
    const rows = await this.unitOfWork.run(call.tenant, async (tx) => {
      const refs = await refsOfPerson(tx, ref);
      if (refs.length === 0) throw notFound('person');
      return changesOf(tx, refs, { before, limit: limit + 1 });
    });
    return pageOf(rows, limit, (row) => row.id);
  }

  private async normalised(tx: Tx, identifiers: readonly Identifier[]): Promise<readonly Identifier[]> {
    const { pack } = await this.policies.current(tx);
    return normaliseAll(identifiers, pack.tenant.country?.value);
  }

  private async run<T>(call: Call, ref: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    assertRef(ref);
    return metAgain(() => runCall(this.unitOfWork, call, work));
  }
}

function assertRef(ref: string): void {
  if (!subjectRef.safeParse(ref).success) throw notFound('person');
}
