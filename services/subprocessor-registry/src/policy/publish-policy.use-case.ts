import { policyAnnounced } from '@heed/contracts-subprocessor-registry';
import { malformed, newEvent, uuidv7 } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { changeInWords, diffPacks, packHash } from '@heed/policy';
import type { PackDiff, PolicyPack } from '@heed/policy';
import { Injectable } from '@nestjs/common';
import { REGISTRY } from '../source.js';
import { effectiveDate } from './domain/effective-date.js';
import { republish } from './domain/republication.js';
import { refuseRewording } from './domain/same-words.js';
import { PolicyActivation } from './policy-activation.js';
import { activePolicy, insertVersion, lockPolicies, newestPolicy, policyOf } from './policy.store.js';
import type { NewVersion, PolicyRow } from './policy.store.js';

export interface Publication {
  readonly created: boolean;
  readonly policy: PolicyRow;
}

/** Saves a new version of a tenant's policy and announces it as the version in force promises. */
@Injectable()
export class PublishPolicy {
  constructor(
    private readonly outbox: Outbox,
    private readonly activation: PolicyActivation,
  ) {}

  /**
   * @throws HeedError `pack_of_another_tenant` (400), `policy_already_announced`, `policy_already_in_force` (409),
   *   `policy_notice_too_short`, `policy_before_earlier_version`, `notice_reworded` (422)
   */
  async run(tx: Tx, pack: PolicyPack, asked: Date | undefined, by: string): Promise<Publication> {
    if (pack.tenant.id !== tx.tenant) {
      throw malformed('pack_of_another_tenant', "The pack is another tenant's than the token.", [
        { pointer: '/tenant/id', code: 'value_invalid', detail: `must be ${tx.tenant}` },
      ]);
    }
    await lockPolicies(tx);
    const newest = await newestPolicy(tx);
    const hash = packHash(pack);
    const diff = newest ? diffPacks(newest.pack, pack) : null;
    // The same policy again, or one whose lists stand in another order: nothing is new.
    if (newest && diff && (newest.hash === hash || diff.changes.length === 0)) {
      await this.again(tx, newest, asked);
      return { created: false, policy: newest };
    }
    if (newest) refuseRewording(newest.pack, pack);
    const version = await this.versionOf(tx, pack, diff, newest, asked);
    await insertVersion(tx, { ...version, hash, by });
    tx.record({ kind: 'policy.published', data: { version: version.version, hash, effectiveFrom: version.effectiveFrom.toISOString(), by } });
    this.announce(tx, { ...version, hash, by });
    await this.activation.advance(tx);
    const policy = await policyOf(tx, version.version);
    if (!policy) throw new Error('the version that was just saved is gone');
    return { created: true, policy };
  }

  private async again(tx: Tx, newest: PolicyRow, asked: Date | undefined): Promise<void> {
    const rules = newest.rule_version === null ? newest : ((await policyOf(tx, newest.rule_version)) ?? newest);
    const before = newest.version > 1 ? await policyOf(tx, newest.version - 1) : undefined;
    republish({
      version: newest.version,
      state: newest.state,
      publishedAt: newest.published_at,
      announcedFor: newest.announced_for,
      effectiveFrom: newest.effective_from,
      material: newest.notice_id !== null,
      rules: rules.pack,
      notBefore: before?.effective_from ?? newest.published_at,
      asked,
      now: tx.clock.now(),
    });
  }

  private async versionOf(
    tx: Tx,
    pack: PolicyPack,
    diff: PackDiff | null,
    newest: PolicyRow | undefined,
    asked: Date | undefined,
  ): Promise<Omit<NewVersion, 'hash' | 'by'>> {
    const now = tx.clock.now();
    const inForce = await activePolicy(tx);
    if (!newest || !diff || !inForce) {
      return { version: 1, pack, diff: null, noticeId: null, ruleVersion: null, effectiveFrom: now };
    }
    const effectiveFrom = effectiveDate({ asked, now, inForce: inForce.pack, material: diff.material, notBefore: newest.effective_from });
    return {
      version: newest.version + 1,
      pack,
      diff,
      noticeId: diff.material ? uuidv7(now) : null,
      ruleVersion: inForce.version,
      effectiveFrom,
    };
  }

  private announce(tx: Tx, version: NewVersion): void {
    if (version.noticeId === null || !version.diff) return;
    const data = {
      noticeId: version.noticeId,
      version: version.version,
      hash: version.hash,
      effectiveFrom: version.effectiveFrom.toISOString(),
      changes: version.diff.changes.filter((change) => change.material).map((change) => changeInWords(change, version.pack)),
      pack: { ...version.pack },
    };
    this.outbox.append([newEvent(policyAnnounced, { source: REGISTRY, tenant: tx.tenant, key: tx.tenant, data, clock: tx.clock, cause: tx.cause })], tx);
  }
}
