import type { Identifier } from '@heed/kernel';
import { refsOf } from '../command.js';
import type { ErasureTarget, StoreConnector, WorkUnit } from '../connector.js';
import { rowsOf, settleVerification } from '../evidence.js';
import type { JournalEntry, Progress, Settlement } from '../journal.js';

type Identify = (entry: JournalEntry) => readonly Identifier[];

/** Carries out everything that is due, as an agent would. */
export async function drive(connector: StoreConnector, identify: Identify): Promise<void> {
  for (let round = 0; round < 50; round += 1) {
    const worked = (await urgent(connector, identify)) + (await slow(connector, identify)) + (await verify(connector, identify));
    if (worked === 0) return;
  }
  throw new Error('the work never ended');
}

/** Answers by dispatch, in the order in which they would be sent. */
export async function answers(connector: StoreConnector): Promise<ReadonlyMap<string, Settlement>> {
  const { entries } = await connector.unsent(1000);
  return new Map(entries.map((entry) => [entry.dispatchId, entry.settlement]));
}

function urgent(connector: StoreConnector, identify: Identify): Promise<number> {
  return connector.work('urgent', async (unit) => {
    const entries = await unit.pick({ work: 'commands', lane: 'urgent', limit: 100 });
    const progress: Progress[] = [];
    for (const entry of entries) progress.push(settled(entry, await act(unit, entry, identify)));
    await unit.save(progress, new Date());
    return entries.length;
  });
}

async function act(unit: WorkUnit, entry: JournalEntry, identify: Identify): Promise<Partial<Settlement>> {
  const person = { dispatchId: entry.dispatchId, identifiers: identify(entry) };
  switch (entry.kind) {
    case 'withdrawal':
    case 'grant': {
      const { ref, version, purposes } = entry.data;
      const [result] = await unit.applyPurposes([{ ...person, ref, version, purposes, on: entry.kind === 'grant' }]);
      const tables = result?.tables ?? [];
      return { tables, outcome: result?.superseded ? 'superseded' : rowsOf(tables) > 0 ? 'done' : 'nothing_found' };
    }
    case 'hold':
    case 'hold_release': {
      const placement = [{ dispatchId: entry.dispatchId, holdId: entry.data.holdId, refs: refsOf(entry) }];
      const [result] = entry.kind === 'hold' ? await unit.placeHolds(placement) : await unit.releaseHolds(placement);
      return { outcome: result?.superseded ? 'superseded' : 'done', alreadyErased: result?.alreadyErased ?? false };
    }
    case 'erasure':
      throw new Error('an erasure is not urgent');
  }
}

function slow(connector: StoreConnector, identify: Identify): Promise<number> {
  return connector.work('slow', async (unit) => {
    const entries = await unit.pick({ work: 'commands', lane: 'slow', limit: 100 });
    const held = await unit.held(entries.map((entry) => ({ dispatchId: entry.dispatchId, refs: refsOf(entry) })));
    const targets = entries.filter((entry) => !held.has(entry.dispatchId)).map((entry) => targetOf(entry, identify));
    const results = await unit.eraseBatch(targets, { chunkRows: 1000 });
    await unit.save(
      [
        ...entries.filter((entry) => held.has(entry.dispatchId)).map((entry) => settled(entry, { outcome: 'held', reason: 'legal_hold' })),
        ...results.map(({ complete, ...result }): Progress => ({ ...result, state: complete ? 'erased' : 'erasing' })),
      ],
      new Date(),
    );
    return entries.length;
  });
}

function verify(connector: StoreConnector, identify: Identify): Promise<number> {
  return connector.work('verify', async (unit) => {
    const entries = await unit.pick({ work: 'unverified', limit: 100 });
    const verifications = await unit.verifyBatch(entries.map((entry) => targetOf(entry, identify)));
    const done = verifications.filter((verification) => !verification.pending);
    await unit.save(
      done.map((v): Progress => ({ dispatchId: v.dispatchId, state: 'verified', settlement: settleVerification(v), verifyAgainAt: null })),
      new Date(),
    );
    return entries.length;
  });
}

function targetOf(entry: JournalEntry, identify: Identify): ErasureTarget {
  if (entry.kind !== 'erasure') throw new Error('not an erasure');
  return { dispatchId: entry.dispatchId, commandId: entry.commandId, identifiers: identify(entry), asOf: new Date(entry.data.asOf), tables: entry.tables, trail: entry.trail };
}

const settled = (entry: JournalEntry, settlement: Partial<Settlement>): Progress => ({
  dispatchId: entry.dispatchId,
  state: 'settled',
  settlement: { outcome: 'done', assurance: 'applied', tables: [], reason: null, ...settlement },
});
