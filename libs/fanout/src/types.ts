import type { Acknowledgement, CommandKind, SealedEnvelope } from '@heed/contracts-fanout';
import type { DispatchOwner } from '@heed/kernel';
import type { Tx } from '@heed/persistence';

export type DispatchState = 'in_progress' | 'held' | 'overdue' | 'done' | 'cancelled';
export type TargetState =
  | 'pending'
  | 'held'
  | 'done'
  | 'nothing_found'
  | 'refused'
  | 'failed'
  | 'overdue'
  | 'escalated'
  | 'cancelled'
  | 'superseded';

/** One thing to be said once. */
export interface NewDispatch {
  readonly id: string;
  readonly kind: CommandKind;
  readonly ref: string;
  readonly aliases?: readonly string[];
  readonly version: number;
  /** What it answers, e.g. `{ type: 'withdrawal', id: '…' }`. */
  readonly cause: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly dueAt: Date;
}

export interface OpenedDispatch extends NewDispatch {
  readonly targets: readonly string[];
  readonly mapVersion: number;
  readonly state: DispatchState;
}

/** Consent alone knows a person's identifiers: directly in its own service, by an internal call in the others. */
export interface Sealer {
  /** By dispatch id. One that is missing cannot be sealed yet and is sent later. */
  seal(
    tenant: string,
    wanted: readonly { dispatchId: string; ref: string; aliases: readonly string[]; stores: readonly string[] }[],
  ): Promise<ReadonlyMap<string, Sealed>>;
}

export interface Sealed {
  readonly aliases: readonly string[];
  /** Null when nothing is known of the person any more. */
  readonly envelope: SealedEnvelope | null;
  /** Stores that cannot be sealed for now: their agents' keys were revoked. They wait for new ones. */
  readonly unsealed?: readonly string[];
  /** Nothing is known any more because the person was erased. */
  readonly erased?: boolean;
}

/** What the owner does when targets have answered. */
export interface FanoutHooks {
  /** All targets of these dispatches have reached a good end. Runs in the acknowledging transaction. */
  settled?(tx: Tx, dispatches: readonly SettledDispatch[]): Promise<void>;
  /** A destructive dispatch wants retention's leave for this attempt. */
  askClearance?(tx: Tx, dispatches: readonly { id: string; ref: string; aliases: readonly string[]; attempt: number }[]): void;
}

export interface SettledDispatch {
  readonly id: string;
  readonly kind: CommandKind;
  readonly ref: string;
  readonly cause: Readonly<Record<string, string>>;
  readonly closedAt: Date;
  readonly targets: readonly { dataStore: string; state: TargetState; evidence: Acknowledgement | null }[];
}

export interface FanoutOptions {
  readonly owner: DispatchOwner;
  readonly hooks?: FanoutHooks;
}
