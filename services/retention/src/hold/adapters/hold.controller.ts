import { ConsentClient } from '@heed/fanout';
import type { KnownPerson } from '@heed/fanout';
import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { FieldVault } from '@heed/key-store';
import { MAX_UUID, subject, unavailable, uuid } from '@heed/kernel';
import type { Subject } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { HoldPerson } from '../app/hold-person.use-case.js';
import type { PlacedHold } from '../app/hold-person.use-case.js';
import { holdAnswer, holdPlacedAnswer } from './hold.answer.js';
import { findHold, listHolds } from './hold.store.js';
import { presentHolds } from './present-hold.js';

const words = (max: number) => z.string().trim().min(1).max(max);
const category = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);
const holdBody = z.strictObject({
  subject,
  matter: words(200),
  reason: words(2000),
  categories: z.union([z.literal('all'), z.array(category).min(1).max(100)]).default('all'),
});
const releaseBody = z.strictObject({ note: words(2000) });
const listQuery = pageQuery.extend({ state: z.enum(['standing', 'released']).optional() });
const params = z.object({ id: uuid });

/** Auditors see that there is a hold; what it is about is for those who work with it. */
const READERS_OF_MATTERS = ['analyst', 'dpo'];

/** `/v1/holds`: legal holds. */
@Controller('v1/holds')
export class HoldController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly holds: HoldPerson,
    private readonly consent: ConsentClient,
    private readonly vault: FieldVault,
  ) {}

  @Post()
  @HttpCode(201)
  @Operation({
    id: 'placeHold',
    summary: "Places a legal hold: nothing of the person is destroyed until it is released",
    description: 'Every store is told, and no erasure passes it (AUR-30). What was erased before stays erased, and is named.',
    body: holdBody.meta({ id: 'NewHold' }),
    example: { subject: { identifiers: [{ type: 'email', value: 'ada@example.com' }] }, matter: 'case 12', reason: 'litigation', categories: 'all' },
    answers: { 201: holdPlacedAnswer },
    refusals: { 422: ['category_unknown'] },
    leadsTo: { getHold: { id: '/id' }, releaseHold: { id: '/id' }, getDispatch: { id: '/dispatchId' } },
  })
  async place(@FromCall() call: Call, @Body() body: unknown): Promise<PlacedHold> {
    const { subject: who, ...hold } = parseBody(holdBody, body);
    const person = await this.personOf(call.tenant, who);
    return runCall(this.unitOfWork, call, (tx) => this.holds.place(tx, call.actor, { ...hold, person }));
  }

  @Post(':id/release')
  @HttpCode(200)
  @Operation({
    id: 'releaseHold',
    summary: 'Releases a legal hold; erasures that waited for it go on by themselves',
    params,
    body: releaseBody,
    example: { note: 'the case is closed' },
    answers: { 200: holdAnswer },
    refusals: { 404: ['not_found'], 409: ['state_conflict'] },
  })
  async release(@FromCall() call: Call, @Param('id') id: string, @Body() body: unknown): Promise<unknown> {
    const { note } = parseBody(releaseBody, body);
    return runCall(this.unitOfWork, call, async (tx) => {
      await this.holds.release(tx, id, call, note);
      const [hold] = await presentHolds(tx, [await findHold(tx, id)]);
      return hold;
    });
  }

  @Get()
  @Operation({
    id: 'listHolds',
    summary: 'Lists legal holds, newest first',
    query: listQuery,
    answers: { 200: pageAnswer(holdAnswer) },
    leadsTo: { getHold: { id: '/items/0/id' } },
  })
  async list(@FromCall() call: Call, @Query() query: unknown): Promise<Page<unknown>> {
    const { limit, cursor, state } = parseBody(listQuery, query);
    const before = parseBody(z.uuid(), readCursor(cursor) ?? MAX_UUID);
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const rows = await listHolds(tx, { before, limit, standing: state === undefined ? null : state === 'standing' });
      const page = pageOf(rows, limit, (row) => row.id);
      return { items: await presentHolds(tx, page.items, this.readerOf(call)), nextCursor: page.nextCursor };
    });
  }

  @Get(':id')
  @Operation({
    id: 'getHold',
    summary: 'Shows a legal hold and what each store has answered',
    params,
    answers: { 200: holdAnswer },
    refusals: { 404: ['not_found'] },
  })
  async get(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    return this.unitOfWork.run(call.tenant, async (tx) => {
      const [hold] = await presentHolds(tx, [await findHold(tx, id)], this.readerOf(call));
      return hold;
    });
  }

  private readerOf(call: Call): FieldVault | undefined {
    return call.roles.some((role) => READERS_OF_MATTERS.includes(role)) ? this.vault : undefined;
  }

  private async personOf(tenant: string, who: Subject): Promise<KnownPerson> {
    if ('ref' in who) return { ref: who.ref, aliases: [] };
    const [person] = await this.consent.resolve(tenant, [who]);
    if (!person) throw unavailable('service_unavailable', 'Consent did not say who this person is; try again.');
    return person;
  }
}
