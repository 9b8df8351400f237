import { policyActivated, policyPostponed } from '@heed/contracts-subprocessor-registry';
import { newEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import { promiseKeys, promiseTls } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { promisesOf } from '@heed/policy';
import { Injectable } from '@nestjs/common';
import { REGISTRY } from '../source.js';
import { decideActivation } from './domain/activation.js';
import { markActive, nextAnnounced, policyOf, postpone } from './policy.store.js';
import type { PolicyRow } from './policy.store.js';

/** Lets versions take effect, in order, when their date has come and everybody who was promised a notice has it. */
@Injectable()
export class PolicyActivation {
  constructor(private readonly outbox: Outbox) {}

  /** Call with the policies locked. */
  async advance(tx: Tx): Promise<void> {
    for (;;) {
      const next = await nextAnnounced(tx);
      if (!next) return;
      const rules = next.rule_version === null ? next : ((await policyOf(tx, next.rule_version)) ?? next);
      const decision = decideActivation(
        { effectiveFrom: next.effective_from, publishedAt: next.published_at, notice: progressOf(next), rules: rules.pack },
        tx.clock.now(),
      );
      if (decision.is === 'postponed') {
        await this.postpone(tx, next, decision.effectiveFrom, decision.promise);
        continue; // the new date may have come already
      }
      if (decision.is !== 'activated') return;
      await this.activate(tx, next);
    }
  }

  private async activate(tx: Tx, policy: PolicyRow): Promise<void> {
    await markActive(tx, policy.version);
    const { tlsMin, keyEncryptionKey, keyRotation } = policy.pack.security;
    await promiseTls(tx, tlsMin.value);
    await promiseKeys(tx, { kek: keyEncryptionKey.value, rotation: keyRotation.value, promise: promisesOf(keyEncryptionKey.source)[0] });
    const effectiveFrom = policy.effective_from.toISOString();
    tx.record({ kind: 'policy.activated', data: { version: policy.version, hash: policy.hash, effectiveFrom } });
    const data = { version: policy.version, hash: policy.hash, effectiveFrom, pack: { ...policy.pack } };
    this.outbox.append([newEvent(policyActivated, { source: REGISTRY, tenant: tx.tenant, key: tx.tenant, data, clock: tx.clock, cause: tx.cause })], tx);
  }

  private async postpone(tx: Tx, policy: PolicyRow, to: Date, promise: string): Promise<void> {
    await postpone(tx, policy.version, to);
    const data = { version: policy.version, effectiveFrom: to.toISOString(), promise };
    tx.record({ kind: 'policy.postponed', data });
    this.outbox.append([newEvent(policyPostponed, { source: REGISTRY, tenant: tx.tenant, key: tx.tenant, data, clock: tx.clock, cause: tx.cause })], tx);
  }
}

function progressOf(row: PolicyRow) {
  if (row.notice_id === null) return undefined;
  return { recipients: row.notice_recipients, delivered: row.notice_delivered, lastDeliveredAt: row.notice_delivered_at ?? undefined };
}
