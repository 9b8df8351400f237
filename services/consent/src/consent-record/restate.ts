import type { NewDispatch } from '@heed/fanout';
import { DISPATCH_PREFIX, uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import type { Standing } from './present-states.js';

/** What a person decided before is told once more: there are identifiers, or a ref, with which the stores have not heard it. */
export type Restatement = Pick<NewDispatch, 'ref' | 'version' | 'aliases' | 'cause' | 'dueAt'>;

/** @returns the dispatches to open; nothing of it is a decision, so that the register stays as it is and the ledger says what was told */
export function restate(tx: Tx, said: Restatement, { on, off }: Standing): readonly NewDispatch[] {
  const now = tx.clock.now();
  return ([['withdrawal', off], ['grant', on]] as const).flatMap(([kind, purposes]): NewDispatch[] => {
    if (purposes.length === 0) return [];
    const id = `${DISPATCH_PREFIX.consent}_${uuidv7(now)}`;
    tx.record({ kind: 'consent.restated', ref: said.ref, data: { version: said.version, kind, purposes, dispatchId: id } });
    return [{ ...said, id, kind, body: { purposes } }];
  });
}
