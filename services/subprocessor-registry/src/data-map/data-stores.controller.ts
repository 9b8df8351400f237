import { registerStoresBody } from '@heed/contracts-subprocessor-registry';
import type { DataStore } from '@heed/contracts-subprocessor-registry';
import { FromCall, Operation, pageAnswer, pageOf, pageQuery, parseBody, readCursor, runCall } from '@heed/http';
import type { Call, Page } from '@heed/http';
import { dataStoreId, notFound } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { dataStoreAnswer, registrationAnswer } from './data-map.answer.js';
import { RegisterStores } from './register-stores.use-case.js';
import type { Registration } from './register-stores.use-case.js';

interface Row {
  readonly id: string;
  readonly owner: string;
  readonly definition: DataStore;
  readonly map_version: number;
  readonly registered_at: Date;
  readonly changed_at: Date;
}

const SELECT = 'SELECT id, owner, definition, map_version, registered_at, changed_at FROM data_store';

/** `/v1/data-stores`: the stores of a tenant, what they hold and the keys of their agents. */
@Controller('v1/data-stores')
export class DataStoresController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly registerStores: RegisterStores,
  ) {}

  @Post()
  @Operation({
    id: 'registerDataStores',
    summary: 'Registers data stores: what they hold of people, and the keys of their agents',
    description: 'What an agent does when it starts. Anything new makes a new version of the whole map, which is used once every owner has it.',
    body: registerStoresBody.meta({ id: 'StoreRegistration' }),
    answers: {
      200: { description: 'Nothing was new.', forms: { 'application/json': registrationAnswer } },
      201: { description: 'A new version of the map was made.', forms: { 'application/json': registrationAnswer } },
    },
    refusals: { 403: ['store_owned_by_another'], 409: ['agent_key_revoked'] },
  })
  async register(@FromCall() call: Call, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<Omit<Registration, 'changed'>> {
    const { stores } = parseBody(registerStoresBody, body);
    const by = { subject: call.actor, isAdmin: call.roles.includes('tenant-admin') };
    const { changed, ...answer } = await runCall(this.unitOfWork, call, (tx) => this.registerStores.run(tx, stores, by));
    void reply.status(changed ? 201 : 200);
    return answer;
  }

  @Get()
  @Operation({
    id: 'listDataStores',
    summary: "Lists the tenant's data stores",
    query: pageQuery,
    answers: { 200: pageAnswer(dataStoreAnswer) },
    leadsTo: { getDataStore: { id: '/items/0/id' } },
  })
  async list(@FromCall() call: Call, @Query() query: Record<string, string>): Promise<Page<unknown>> {
    const { limit, cursor } = parseBody(pageQuery, query);
    return this.unitOfWork.run(call.tenant, async (tx: Tx) => {
      const rows = await tx.query<Row>(`${SELECT} WHERE id > $1 ORDER BY id LIMIT $2`, [readCursor(cursor) ?? '', limit + 1]);
      const page = pageOf(rows, limit, (row) => row.id);
      return { items: page.items.map(present), nextCursor: page.nextCursor };
    });
  }

  @Get(':id')
  @Operation({
    id: 'getDataStore',
    summary: 'Shows a data store with what its fields hold',
    params: z.object({ id: dataStoreId }),
    answers: { 200: dataStoreAnswer },
    refusals: { 404: ['not_found'] },
  })
  async get(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    if (!dataStoreId.safeParse(id).success) throw notFound('data store');
    const [row] = await this.unitOfWork.run(call.tenant, (tx) => tx.query<Row>(`${SELECT} WHERE id = $1`, [id]));
    if (!row) throw notFound('data store');
    return present(row);
  }
}

function present(row: Row): unknown {
  return {
    ...row.definition,
    registeredBy: row.owner,
    mapVersion: row.map_version,
    registeredAt: row.registered_at,
    changedAt: row.changed_at,
  };
}
