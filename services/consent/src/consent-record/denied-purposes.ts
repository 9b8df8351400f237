import { purposeDenied } from '@heed/contracts-consent';
import { newEvent } from '@heed/kernel';
import type { Cause } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { neverPurposeOf } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';

/** Somebody tried to grant, or to rely on, what the policy never allows. */
export interface DeniedAttempt {
  readonly id: string;
  readonly purposes: readonly string[];
  readonly channel: string;
  readonly actor: string;
  readonly cause: Cause;
}

/** Each attempt at a never-purpose is evidence: an entry in the ledger and an event (promises of group G01). */
export class DeniedPurposes {
  constructor(
    private readonly policies: PolicyStore,
    private readonly outbox: Outbox,
  ) {}

  async record(tx: Tx, { id, purposes, channel, actor, cause }: DeniedAttempt): Promise<void> {
    const { pack } = await this.policies.current(tx);
    for (const purpose of new Set(purposes)) {
      const never = neverPurposeOf(pack, purpose);
      if (!never) continue;
      const promise = [never.source].flat()[0] ?? 'operator_default';
      tx.record({ kind: 'purpose.denied', data: { purpose, promise, channel, actor } });
      const data = { purpose, promise, channel };
      this.outbox.append([newEvent(purposeDenied, { source: '/heed/consent', tenant: tx.tenant, key: id, data, clock: tx.clock, cause })], tx);
    }
  }
}

/** What a call tries to grant, where it is refused. */
export function grantedIn(decisions: readonly { readonly purpose: string; readonly decision: string }[] | 'withdraw_all'): readonly string[] {
  return decisions === 'withdraw_all' ? [] : decisions.flatMap(({ purpose, decision }) => (decision === 'given' ? [purpose] : []));
}
