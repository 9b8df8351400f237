import type { CommandKind } from '@heed/contracts-fanout';
import { purposesOf } from '@heed/contracts-subprocessor-registry';
import type { DataStore } from '@heed/contracts-subprocessor-registry';

export interface MapSnapshot {
  readonly mapVersion: number;
  readonly stores: readonly DataStore[];
}

export interface TargetChoice {
  readonly targets: readonly string[];
  /** Why a store is not a target: a stated outcome, never an accident. */
  readonly skipped: readonly { readonly dataStore: string; readonly reason: string }[];
}

/** The stores that must heed: for decisions those whose map uses the person for one of the purposes, for the rest all. */
export function chooseTargets(kind: CommandKind, body: Readonly<Record<string, unknown>>, map: MapSnapshot): TargetChoice {
  const byPurpose = kind === 'withdrawal' || kind === 'grant';
  const purposes = new Set(byPurpose && Array.isArray(body['purposes']) ? (body['purposes'] as string[]) : []);
  const targets: string[] = [];
  const skipped: { dataStore: string; reason: string }[] = [];
  for (const store of map.stores) {
    if (!byPurpose || purposesOf(store).some((purpose) => purposes.has(purpose))) targets.push(store.id);
    else skipped.push({ dataStore: store.id, reason: 'purpose_not_used' });
  }
  return { targets, skipped };
}

const FIRST_RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 3_600_000;

/** Pause before a target that has not answered is asked again: 30 s, doubling, at most an hour. */
export function redeliveryPause(attempt: number): number {
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt - 1, 20));
}
