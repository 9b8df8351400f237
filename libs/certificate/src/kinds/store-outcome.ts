import { acknowledged, assurance } from '@heed/contracts-fanout';
import type { Acknowledgement } from '@heed/contracts-fanout';
import { publicKey } from '@heed/contracts-subprocessor-registry';
import type { PublicKey } from '@heed/contracts-subprocessor-registry';
import { dataStoreId, dispatchId, instant } from '@heed/kernel';
import { z } from 'zod';
import { count } from './head.js';

/** What one store did, with its own signature. */
export const storeOutcome = z.strictObject({
  dataStore: dataStoreId,
  outcome: z.string(),
  assurance: assurance.nullable().describe('Null where there was nothing to ask.'),
  rows: count,
  residue: count,
  kept: z.array(z.strictObject({ table: z.string(), basis: z.string(), count })),
  completedAt: instant.nullable(),
  acknowledgement: acknowledged.data.nullable().describe("As the store's agent signed it."),
  agentKey: publicKey.nullable().describe('The key that it is checked with.'),
});
export type StoreOutcome = z.output<typeof storeOutcome>;

export const totals = z.strictObject({ stores: count, rows: count, residue: count, kept: count });
export type Totals = z.output<typeof totals>;

/** A dispatch that has come to its end. */
export const settledDispatch = { id: dispatchId, closedAt: instant, stores: z.array(storeOutcome) };

/** @param agentKey the key that the answer was signed with; another is left out */
export function outcomeOf(target: { dataStore: string; state: string; evidence: Acknowledgement | null }, agentKey: PublicKey | undefined): StoreOutcome {
  const body = target.evidence?.body;
  return {
    dataStore: target.dataStore,
    outcome: target.state,
    assurance: body?.assurance ?? null,
    rows: body?.rows ?? 0,
    residue: body?.residue ?? 0,
    kept: keptOf(body?.tables ?? []),
    completedAt: body?.completedAt ?? null,
    acknowledgement: target.evidence,
    agentKey: target.evidence && agentKey?.kid === target.evidence.proof.kid ? agentKey : null,
  };
}

/** What stayed, by table, as an acknowledgement tells it. */
export function keptOf(tables: Acknowledgement['body']['tables']): StoreOutcome['kept'] {
  return tables.flatMap(({ table, kept }) => kept.map((one) => ({ table, ...one })));
}

export function totalsOf(dispatches: readonly { readonly stores: readonly StoreOutcome[] }[]): Totals {
  const stores = dispatches.flatMap((dispatch) => dispatch.stores);
  const sum = (of: (store: StoreOutcome) => number): number => stores.reduce((total, store) => total + of(store), 0);
  return {
    stores: stores.length,
    rows: sum((store) => store.rows),
    residue: sum((store) => store.residue),
    kept: sum((store) => store.kept.reduce((total, kept) => total + kept.count, 0)),
  };
}
