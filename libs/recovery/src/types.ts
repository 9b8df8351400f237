import type { LedgerRecord } from '@heed/ledger';
import type { HeedEvent } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import type { Tally } from './tally.js';

/** What a tenant's part of a restored database lacks, as Kafka still has it. */
export interface Lost {
  /**
   * Records of the ledger that the copy lacks, in their order: what this service did. One that it has with its effects, and
   * that only had no place yet, is not among them.
   */
  readonly records: readonly LedgerRecord[];
  /** What this service (and whom it hears) published around that time, oldest first; more than is missing, and not reaching back as far. */
  readonly published: readonly HeedEvent[];
  /** What platform teams had sent in, by the opaque id that its effects name as their cause. */
  readonly ingress: ReadonlyMap<string, Heard>;
}

/** An event of ingress, and when Kafka took it. */
export interface Heard {
  readonly event: HeedEvent;
  readonly at: Date;
}

/**
 * Puts back what a service knows of its own: called in the transaction that continues the ledger, once per tenant. What
 * others told it comes back by itself, because its consumers are set back.
 * @param applied what was put back @param missing what is known to be gone
 */
export type Restore = (tx: Tx, lost: Lost, count: { readonly applied: Tally; readonly missing: Tally }) => Promise<void>;

export interface TenantReport {
  readonly tenant: string;
  /** Records of the ledger before and after. */
  readonly from: number;
  readonly to: number;
  /** Records that were told beyond the newest checkpoint: put back only where that was asked for. */
  readonly unsigned: number;
  /** Places for which more than one record was told, as `3` or `3-7`; those that were signed have the signed one. */
  readonly contested: readonly string[];
  readonly applied: Readonly<Record<string, number>>;
  readonly missing: Readonly<Record<string, number>>;
}

export interface RecoveryReport {
  readonly service: string;
  readonly dryRun: boolean;
  /** Tenants that were behind. */
  readonly tenants: readonly TenantReport[];
  /** Consumer groups that read again what they had read, and from how many partitions. */
  readonly rewound: Readonly<Record<string, number>>;
}
