import { FromCall, Operation } from '@heed/http';
import type { Call } from '@heed/http';
import { notFound, subjectRef } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Controller, Get, Param } from '@nestjs/common';
import { z } from 'zod';
import { aliasesOf } from '../identity/identity.store.js';
import { presentStates } from '../consent-record/consent-record.store.js';
import { subjectAnswer } from './subject.answer.js';

/** What one person has decided, by purpose. Identifiers are told as types only. */
@Controller('v1/subjects')
export class SubjectController {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  @Get(':ref')
  @Operation({
    id: 'getSubject',
    summary: 'Shows what one person has decided, purpose by purpose',
    description: 'Of identifiers only the types are told. A ref that was merged shows the person that it was found to be.',
    params: z.object({ ref: subjectRef }),
    answers: { 200: subjectAnswer },
    refusals: { 404: ['not_found'] },
  })
  async get(@FromCall() call: Call, @Param('ref') asked: string): Promise<unknown> {
    if (!subjectRef.safeParse(asked).success) throw notFound('person');
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const [person] = await tx.query<{ ref: string; version: string; created_at: Date; erased_at: Date | null }>(
        'SELECT p.ref, p.version, p.created_at, p.erased_at FROM subject s JOIN subject p ON p.ref = coalesce(s.person, s.ref) WHERE s.ref = $1',
        [asked],
      );
      if (!person) throw notFound('person');
      const { ref } = person;
      const identifiers = await tx.query<{ type: string }>('SELECT type FROM identifier WHERE ref = $1 ORDER BY created_at, type', [ref]);
      const states = await presentStates(tx, [ref]);
      return {
        ref,
        aliases: (await aliasesOf(tx, [ref])).get(ref) ?? [],
        version: Number(person.version),
        since: person.created_at,
        erasedAt: person.erased_at,
        identifiers: identifiers.map(({ type }) => ({ type })),
        preferences: states.map(({ purpose, state, recordId, occurredAt }) => ({ purpose, state, recordId, since: occurredAt })),
      };
    });
  }
}
