import type { Assurance, Outcome, TableEvidence } from '@heed/contracts-fanout';
import type { Command, Lane, ReceivedCommand } from './command.js';

/**
 * Where a command stands in its store. Erasures: `received → erasing → erased → verified → acknowledged`; all else, and
 * whatever was refused or held: `received → settled → acknowledged`.
 */
export type JournalState = 'received' | 'erasing' | 'erased' | 'verified' | 'settled' | 'acknowledged';

/** What an erasure met on its way, so that its verification can look for it again. Gone after the last verification. */
export interface Trail {
  /** Keys of rows that other mapped tables hang on, by table. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** Keys of rows that had to stay, by table: they are explained. */
  readonly kept: Readonly<Record<string, readonly string[]>>;
  /** When this attempt began, by the store's clock: a row made from then on is not one that was found and kept. */
  readonly since?: string;
}

export const NO_TRAIL: Trail = { keys: {}, kept: {} };

/** A command in a store's journal. */
export type JournalEntry = Command & {
  readonly dispatchId: string;
  readonly commandId: string;
  readonly cause: ReceivedCommand['cause'];
  readonly state: JournalState;
  /** What earlier chunks and attempts have done. */
  readonly tables: readonly TableEvidence[];
  readonly trail: Trail;
  /** When it was finished: for a second look, the time of the first. */
  readonly completedAt?: Date | null;
};

/** How a command ended in this store. */
export interface Settlement {
  readonly outcome: Outcome;
  readonly assurance: Assurance;
  readonly tables: readonly TableEvidence[];
  /** Stable code where the outcome needs one. */
  readonly reason: string | null;
  readonly alreadyErased?: boolean;
}

/** The next state of an entry; saved in the transaction of the effect it describes. */
export type Progress =
  | { readonly dispatchId: string; readonly state: 'erasing'; readonly tables: readonly TableEvidence[]; readonly trail: Trail; readonly large: boolean }
  | { readonly dispatchId: string; readonly state: 'erased'; readonly tables: readonly TableEvidence[]; readonly trail: Trail }
  | { readonly dispatchId: string; readonly state: 'verified'; readonly settlement: Settlement; readonly verifyAgainAt: Date | null }
  | { readonly dispatchId: string; readonly state: 'settled'; readonly settlement: Settlement }
  /** The reading after the grace period found nothing new: what was kept for it may go. */
  | { readonly dispatchId: string; readonly state: 'confirmed' };

/** What a unit of work asks for. `these` takes up entries by name, after a batch failed because of one of them. */
export type Selection =
  | { readonly work: 'commands'; readonly lane: Lane; readonly limit: number }
  | { readonly work: 'unverified'; readonly limit: number }
  | { readonly work: 'verify_again'; readonly limit: number; readonly now: Date }
  | { readonly work: 'commands' | 'unverified' | 'verify_again'; readonly these: readonly string[] };

/** A finished entry that its owner has not been told of. */
export interface UnsentEntry {
  readonly dispatchId: string;
  readonly commandId: string;
  readonly owner: Command['data']['owner'];
  readonly ref: string;
  readonly version: number;
  readonly cause: ReceivedCommand['cause'];
  readonly settlement: Settlement;
  readonly completedAt: Date;
  /** The signed acknowledgement, where one was stored before a crash. */
  readonly acknowledgement: string | null;
}

export interface Unsent {
  readonly entries: readonly UnsentEntry[];
  /** High-water mark of the journal: rises by one with every finished entry, in the order of their commits. */
  readonly journalPosition: number;
}
