import { contactsAnswer, contactsBody, resolveAnswer, resolveBody, sealAnswer, sealBody } from '@heed/contracts-consent';
import { FromCall, Operation, parseBody } from '@heed/http';
import type { Call } from '@heed/http';
import type { Identifier } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { aliasesOf } from '../identity/identity.store.js';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import { metAgain } from './met-at-once.js';
import { personIn } from './normalise.js';
import { SealedIdentifiers } from './sealed-identifiers.js';
import { SubjectSealer } from './sealer.js';
import { SubjectStore } from './subject.store.js';
import type { Resolved } from './subject.store.js';

const INTERNAL = { name: 'internal', description: "Calls of Heed's own services; the origin does not route them." };

/** For Heed's own services only (role `service`): who is who, sealed identifiers, where to write to. */
@Controller('internal')
export class InternalController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly subjects: SubjectStore,
    private readonly policies: PolicyStore,
    private readonly sealer: SubjectSealer,
    private readonly identifiers: SealedIdentifiers,
    private readonly decisions: RecordDecisions,
  ) {}

  @Post('resolve')
  @HttpCode(200)
  @Operation({
    id: 'resolvePeople',
    summary: 'Finds people by their identifiers, in the order asked; who is new gets a ref',
    tag: INTERNAL,
    body: resolveBody,
    answers: { 200: resolveAnswer },
    idempotent: false,
  })
  async resolve(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const { people } = parseBody(resolveBody, body);
    const found = await metAgain(() =>
      this.unitOfWork.run(call.tenant, async (tx) => {
        const { pack } = await this.policies.current(tx);
        const country = pack.tenant.country?.value;
        const resolved = await this.subjects.resolve(tx, people.map((person) => personIn(person, country)));
        await this.decisions.restate(tx, resolved.flatMap((one) => (one?.gained ? [one.ref] : [])));
        return this.underAllRefs(tx, resolved.flatMap((one) => one ?? []));
      }),
    );
    return { people: found };
  }

  @Post('seal')
  @HttpCode(200)
  @Operation({
    id: 'sealIdentifiers',
    summary: "Seals people's identifiers for the stores that must act on them",
    description: 'A dispatch that cannot be sealed yet is missing from the answer; of a person whom nobody knows nothing is sealed.',
    tag: INTERNAL,
    body: sealBody,
    answers: { 200: sealAnswer },
    idempotent: false,
  })
  async seal(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const { dispatches } = parseBody(sealBody, body);
    const sealed = await this.sealer.justNamed().seal(call.tenant, dispatches);
    const refs = [...new Set(dispatches.map((d) => d.ref))];
    const versions = await this.unitOfWork.run(call.tenant, (tx) =>
      tx.query<{ ref: string; version: string }>('SELECT ref, version FROM subject WHERE ref = ANY($1)', [refs]),
    );
    const versionOf = new Map(versions.map((row) => [row.ref, Number(row.version)]));
    return {
      dispatches: dispatches.flatMap(({ dispatchId, ref }) => {
        const one = sealed.get(dispatchId);
        return one ? [{ dispatchId, version: versionOf.get(ref) ?? 0, aliases: one.aliases, sealed: one.envelope, erased: one.erased ?? false, unsealed: [...(one.unsealed ?? [])] }] : [];
      }),
    };
  }

  @Post('contacts')
  @HttpCode(200)
  @Operation({
    id: 'findContacts',
    summary: 'Says where to write to people, for a message that is being sent now',
    tag: INTERNAL,
    body: contactsBody,
    answers: { 200: contactsAnswer },
    idempotent: false,
  })
  async contacts(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const { refs } = parseBody(contactsBody, body);
    const people = await this.unitOfWork.run(call.tenant, (tx) => this.known(tx, refs));
    return { contacts: refs.map((ref) => ({ ref, email: people.get(ref)?.find((i) => i.type === 'email')?.value ?? null })) };
  }

  /** Who asks has to know every ref: a hold, or an erasure, is of the whole person. */
  private async underAllRefs(tx: Tx, people: readonly Resolved[]): Promise<readonly { readonly ref: string; readonly aliases: readonly string[] }[]> {
    const merged = await aliasesOf(tx, [...new Set(people.flatMap(({ ref, aliases }) => [ref, ...aliases]))]);
    return people.map(({ ref, aliases }) => ({ ref, aliases: [...new Set([...aliases, ...[ref, ...aliases].flatMap((one) => merged.get(one) ?? [])])] }));
  }

  /** Whose address came under a new key after it was read is looked up once more: no answer would be taken for no address. */
  private async known(tx: Tx, refs: readonly string[]): Promise<ReadonlyMap<string, readonly Identifier[]>> {
    const { people, unreadable } = await this.identifiers.of(tx, refs, 'person');
    if (unreadable.size === 0) return people;
    return new Map([...people, ...(await this.identifiers.of(tx, [...unreadable], 'person')).people]);
  }
}
