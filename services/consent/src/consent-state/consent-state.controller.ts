import { consentState } from '@heed/contracts-consent';
import { FromCall, Operation, parseBody, runCall } from '@heed/http';
import type { Call } from '@heed/http';
import { conflict, fillTopic } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { BuildConsentState } from './build-state.job.js';
import { rebuildAnswer, rebuildBody, stateKeyAnswer } from './consent-state.answer.js';
import { policyRecord } from './policy-record.js';
import { readFeed } from './state-feed.store.js';
import type { Feed } from './state-feed.store.js';
import { StateKeys } from './state-keys.js';

/** Half a minute: a withdrawal is heeded by every SDK within it, and a broker that restarts is back long before. */
const STALENESS_MS = 30_000;

/** How SDKs begin to read decisions by themselves, and how the topic they read is written anew. */
@Controller('v1/consents')
export class ConsentStateController {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: PolicyStore,
    private readonly builds: BuildConsentState,
    private readonly keys: StateKeys,
  ) {}

  @Get('state-key')
  @Operation({
    id: 'getStateKey',
    summary: "Hands out the key of the tenant's consent-state topic",
    description: 'The first call lets the topic be written: of a tenant who does not read it, nothing is published there.',
    answers: { 200: stateKeyAnswer },
  })
  async stateKey(@FromCall() call: Call): Promise<unknown> {
    const { epoch, policy } = await this.unitOfWork.run(call.tenant, async (tx) => {
      const current = policyRecord(await this.policies.current(tx), tx.clock.now());
      const feed = await readFeed(tx);
      if (!feed.active && !feed.requested) await this.builds.request(tx, 'same_key');
      return { epoch: Math.max(feed.epoch, 1), policy: current };
    });
    const key = await this.keys.of(call.tenant, epoch);
    return {
      tenant: call.tenant, topic: fillTopic(consentState.topics[0] ?? '', { tenant: call.tenant }), key: key.bytes.toString('base64url'), epoch,
      stalenessMs: STALENESS_MS, policy,
    };
  }

  @Post('state-rebuild')
  @HttpCode(202)
  @Operation({
    id: 'rebuildConsentState',
    summary: 'Publishes everybody on the consent-state topic anew, from the register',
    description: 'After the topic was lost, or to change its key. SDKs that have read it go on answering, except under a new key.',
    body: rebuildBody,
    answers: { 202: rebuildAnswer },
    refusals: { 409: ['state_key_changing'] },
  })
  async rebuild(@FromCall() call: Call, @Body() body: unknown): Promise<unknown> {
    const { newKey } = parseBody(rebuildBody, body);
    return runCall(this.unitOfWork, call, async (tx) => {
      const feed = await readFeed(tx, true);
      if (newKey && feed.active && feed.complete === 0) throw conflict('state_key_changing', 'The key is just being changed; wait until that is complete.');
      await this.builds.request(tx, newKey ? 'new_key' : 'same_key');
      tx.record({ kind: 'consent_state.rebuild_asked', data: { newKey, actor: call.actor } });
      return progressOf(await readFeed(tx));
    });
  }

  @Get('state-rebuild')
  @Operation({ id: 'getConsentStateRebuild', summary: 'Shows how far the publication of everybody has come', answers: { 200: rebuildAnswer } })
  async progress(@FromCall() call: Call): Promise<unknown> {
    return this.unitOfWork.run(call.tenant, async (tx) => progressOf(await readFeed(tx)));
  }
}

function progressOf(feed: Feed): unknown {
  const state = feed.requested ? 'waiting' : !feed.active ? 'off' : feed.build === feed.complete ? 'complete' : 'running';
  return { state, epoch: feed.epoch, people: feed.people, share: state === 'complete' ? 1 : shareOf(feed.afterRef), begunAt: feed.begunAt, completedAt: feed.completedAt };
}

/** Refs are random, so how far the last one lies tells how many there were before it. */
const shareOf = (ref: string): number => (ref === '' ? 0 : Number.parseInt(ref.slice(4, 12), 16) / 2 ** 32);
