import { agentKeyRevoked } from '@heed/contracts-subprocessor-registry';
import { FromCall, Operation, parseBody, runCall } from '@heed/http';
import type { Call } from '@heed/http';
import { dataStoreId, instant, newEvent, notFound } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { REGISTRY } from '../source.js';
import { presenceOf } from '../step-up/privileged-mfa.js';
import { agentKeysOf, revokePairs } from './agent-key.store.js';

const kid = z.string().regex(/^[A-Za-z0-9_-]{43}$/).describe('RFC 7638 thumbprint.');
const pair = z
  .strictObject({
    signingKid: z.string(),
    encryptionKid: z.string(),
    validFrom: instant,
    validUntil: instant.nullable().describe('When another pair took its place; acknowledgements that it signed still count.'),
    revokedAt: instant.nullable().describe('From then on nothing is sealed to it, and nothing that it signed is believed.'),
    revokedBy: z.string().nullable(),
  })
  .meta({ id: 'AgentKeys' });
const revokeBody = z.strictObject({ reason: z.string().trim().min(1).max(500).describe('Stands in the ledger; of the key, never of a person.') });
const keysAnswer = z.strictObject({ items: z.array(pair) });

/** `/v1/data-stores/{id}/keys`: the keys of a store's agent, through time. */
@Controller('v1/data-stores/:id/keys')
export class AgentKeysController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly outbox: Outbox,
  ) {}

  @Get()
  @Operation({
    id: 'listAgentKeys',
    summary: "Lists the keys of a store's agent, newest first",
    params: z.object({ id: dataStoreId }),
    answers: { 200: keysAnswer },
    refusals: { 404: ['not_found'] },
  })
  async list(@FromCall() call: Call, @Param('id') id: string): Promise<unknown> {
    return this.unitOfWork.run(call.tenant, (tx) => present(tx, id));
  }

  @Post(':kid/revoke')
  @HttpCode(200)
  @Operation({
    id: 'revokeAgentKey',
    summary: "Revokes a key of a store's agent, with the one that was registered with it",
    description:
      'For a key that somebody else may have. From then on nothing is sealed to it, its acknowledgements are refused, and what concerns the store ' +
      'waits until its agent registers new keys.',
    params: z.object({ id: dataStoreId, kid }),
    body: revokeBody.meta({ id: 'AgentKeyRevocation' }),
    example: { reason: 'the machine of the agent was stolen' },
    answers: { 200: keysAnswer },
    refusals: { 404: ['not_found'] },
  })
  async revoke(@FromCall() call: Call, @Param('id') id: string, @Param('kid') which: string, @Body() body: unknown): Promise<unknown> {
    const { reason } = parseBody(revokeBody, body);
    return runCall(this.unitOfWork, call, async (tx) => {
      const { id: stepUpId, method } = await presenceOf(tx, call);
      const revoked = await revokePairs(tx, id, which, call.actor);
      if (!revoked) throw notFound('key');
      for (const [dataStore, kids] of revoked) {
        const data = { dataStore, kids: [...kids], revokedAt: tx.clock.now().toISOString() };
        this.outbox.append([newEvent(agentKeyRevoked, { source: REGISTRY, tenant: tx.tenant, key: tx.tenant, data, clock: tx.clock, cause: tx.cause })], tx);
        tx.record({ kind: 'agent_key.revoked', data: { dataStore, kids, reason, by: call.actor, stepUp: { id: stepUpId, method } } });
      }
      return present(tx, id);
    });
  }
}

async function present(tx: Tx, id: string): Promise<unknown> {
  const rows = await agentKeysOf(tx, id);
  if (rows.length === 0) throw notFound('data store');
  return {
    items: rows.map((row) => ({
      signingKid: row.signing_kid, encryptionKid: row.encryption_kid, validFrom: row.valid_from, validUntil: row.valid_until,
      revokedAt: row.revoked_at, revokedBy: row.revoked_by,
    })),
  };
}
