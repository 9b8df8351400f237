import type { Identifier } from '@heed/kernel';
import type { TableEvidence } from '@heed/contracts-fanout';
import type { Lane, Person, ReceivedCommand } from './command.js';
import type { JournalEntry, Progress, Selection, Trail, Unsent } from './journal.js';

/** Purposes on or off for a person from a version on. */
export interface PurposeChange extends Person {
  readonly ref: string;
  readonly version: number;
  readonly purposes: readonly string[];
  readonly on: boolean;
}

export interface PurposeResult {
  readonly dispatchId: string;
  /** Every mapped purpose of it is known in a later version: nothing was touched. */
  readonly superseded: boolean;
  readonly tables: readonly TableEvidence[];
}

export interface HoldPlacement {
  readonly dispatchId: string;
  readonly holdId: string;
  readonly refs: readonly string[];
}

export interface HoldResult {
  readonly dispatchId: string;
  /** The hold was released before it came. */
  readonly superseded: boolean;
  /** This store had erased rows of the person before the hold came. */
  readonly alreadyErased: boolean;
}

export interface ErasureTarget extends Person {
  /** The delivery that is carried out: the same after a crash, another when the owner asks again. */
  readonly commandId: string;
  /** Who came back by a new act after this, and before the erasure began, is kept. */
  readonly asOf: Date;
  /** The first look of a verification, where this is the second: who came back since is not residue either. */
  readonly lookedAt?: Date | null;
  readonly tables: readonly TableEvidence[];
  readonly trail: Trail;
}

export interface ErasureResult {
  readonly dispatchId: string;
  /** False when rows are left for the next unit of work. */
  readonly complete: boolean;
  /** Too large to go on sharing its units of work with others. */
  readonly large: boolean;
  readonly tables: readonly TableEvidence[];
  readonly trail: Trail;
}

export interface Verification {
  readonly dispatchId: string;
  /** The evidence with the residue of this reading. */
  readonly tables: readonly TableEvidence[];
  /** False where the store could not be read and only says so itself. */
  readonly read: boolean;
  /** The store has not finished: ask again later. */
  readonly pending?: boolean;
}

/**
 * One transaction over a store and its journal, or the nearest the store can do: what it saves is there exactly when
 * its effects are, else its effects can be repeated without harm.
 */
export interface WorkUnit {
  /** Takes entries that nobody else works on; a person's commands in the order of the topic, one at a time. */
  pick(selection: Selection): Promise<readonly JournalEntry[]>;
  applyPurposes(changes: readonly PurposeChange[]): Promise<readonly PurposeResult[]>;
  placeHolds(holds: readonly HoldPlacement[]): Promise<readonly HoldResult[]>;
  releaseHolds(holds: readonly HoldPlacement[]): Promise<readonly HoldResult[]>;
  /** Dispatches of the given ones whose person is under a hold, under any of their refs. */
  held(people: readonly { readonly dispatchId: string; readonly refs: readonly string[] }[]): Promise<ReadonlySet<string>>;
  eraseBatch(targets: readonly ErasureTarget[], limits: { readonly chunkRows: number }): Promise<readonly ErasureResult[]>;
  verifyBatch(targets: readonly ErasureTarget[]): Promise<readonly Verification[]>;
  save(progress: readonly Progress[], now: Date): Promise<void>;
}

export interface Due {
  readonly urgent: boolean;
  readonly slow: boolean;
  readonly verify: boolean;
  readonly acknowledge: boolean;
}

/** `verify` is a connection of its own: what it reads was committed. */
export type Connection = Lane | 'verify';

/**
 * The port that every kind of store implements; `connectorConformance` is its contract.
 *
 * Errors: a `HeedError` with `retriable` when the store is away (nothing was lost, try again), any other `HeedError`
 * when the store refuses this work for good; its `code` becomes the reason in the acknowledgement.
 */
export interface StoreConnector {
  /** Makes the journal and checks the map against the store. Idempotent. */
  prepare(): Promise<void>;
  /**
   * Stores commands in the inbox. Idempotent by dispatch: one that was answered is answered again, one that was held,
   * refused or failed is taken up again, one that waits takes over the newer body.
   */
  receive(commands: readonly ReceivedCommand[]): Promise<void>;
  /** Runs one unit of work; a throw undoes it. */
  work<T>(connection: Connection, run: (unit: WorkUnit) => Promise<T>): Promise<T>;
  /** What kinds of work wait, in one cheap look: an idle agent must cost its store next to nothing. */
  due(now: Date): Promise<Due>;
  unsent(limit: number): Promise<Unsent>;
  /** Keeps signed acknowledgements before they are sent. */
  keepAcknowledgements(signed: readonly { readonly dispatchId: string; readonly acknowledgement: string }[]): Promise<void>;
  /** Kafka has them. An entry that has changed since it was read stays unsent. */
  markAcknowledged(sent: readonly { readonly dispatchId: string; readonly acknowledgement: string }[]): Promise<void>;
  /**
   * Forgets entries that ended well and were answered, the oldest first, where they were completed before that time. Kept
   * for good: erasures that destroyed something, because a later hold is told of them, and whatever was held, refused or
   * failed, because a new delivery takes it up. Versions, holds and the journal's position stand elsewhere and stay, so
   * a command that comes again after all does no more than it did: it is older, or says the same once more.
   * @returns how many are gone; less than the limit when none is left
   */
  prune(before: Date, limit: number): Promise<number>;
  close(): Promise<void>;
}

/** Values by identifier type, the form in which stores look people up. */
export function byType(identifiers: readonly Identifier[]): ReadonlyMap<string, readonly string[]> {
  const map = new Map<string, string[]>();
  for (const { type, value } of identifiers) map.set(type, [...(map.get(type) ?? []), value]);
  return map;
}
