import { openCheckpoint, recordHash, verifyConsistency, verifyEvidence, verifyInclusion } from '@heed/ledger';
import type { LedgerEvidence } from '@heed/ledger';
import { auditSection, keepAudit, Ledger, LedgerKey, LedgerReader, PruneLedgers } from '@heed/ledger-keeper';
import { makeLogger } from '@heed/observability';
import { loadSamplePack } from '@heed/policy';
import type { SampleTenant } from '@heed/policy';
import { eventually, VirtualClock } from '@heed/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keeperOn, SERVICE } from './support/keeper.js';
import type { Keeper } from './support/keeper.js';
import { LedgerBed } from './support/ledger-bed.js';

const CHILD = path.join(import.meta.dirname, 'support/prune.child.ts');
/** Long ago: the database lets nothing go that its own clock calls young. */
const START = '2012-03-01T10:00:00Z';

let clock: VirtualClock;
let bed: LedgerBed;
let keeper: Keeper;
let ledger: Ledger;

beforeEach(async () => {
  clock = new VirtualClock(START);
  bed = await LedgerBed.make(clock);
  keeper = await keeperOn(bed.place);
  keeper.sequencer.start();
  ledger = new Ledger(await LedgerKey.open(SERVICE, bed.bed.keysDir));
});
afterEach(async () => {
  await keeper.stop();
  await bed.stop();
});

const record = async (tenant: string, count = 1): Promise<readonly string[]> => {
  const ids = await keeper.unitOfWork.run(tenant, async (tx) => Array.from({ length: count }, (_, n) => tx.record({ kind: 'consent.given', data: { n } })));
  await bed.settled(tenant);
  return ids;
};
const auditOf = (tenant: SampleTenant) => auditSection.parse(JSON.parse(JSON.stringify(loadSamplePack(tenant).audit)));
const promise = (tenant: string, of: SampleTenant): Promise<void> => keeper.unitOfWork.run(tenant, (tx) => keepAudit(tx, 1, auditOf(of)));
const prune = (plans: Readonly<Record<string, string>> = {}): Promise<void> => {
  const { database, unitOfWork } = keeper;
  return new PruneLedgers({ database, unitOfWork, logger: makeLogger('test', 'fatal'), plans }).run();
};
const kept = async (tenant: string): Promise<readonly string[]> =>
  (await bed.rows<{ id: string }>(`SELECT id FROM t_${tenant}.ledger_entry WHERE kind = 'consent.given' ORDER BY recorded_at`)).map(({ id }) => id);
const evidenceOf = (tenant: string, ids: readonly string[]): Promise<readonly LedgerEvidence[]> =>
  eventually(async () => {
    const found = await keeper.unitOfWork.run(tenant, (tx) => ledger.evidenceFor(tx, ids));
    return found === 'pending' ? false : found;
  });

/**
 * Records one thing, then another two days later, and prunes a day after the first was kept for long enough.
 * @param later when that is
 */
async function keptForAsLongAs(tenant: string, of: SampleTenant, later: string, plans: Readonly<Record<string, string>> = {}): Promise<void> {
  await promise(tenant, of);
  const [old = ''] = await record(tenant);
  const [evidence] = await evidenceOf(tenant, [old]);
  clock.advance({ days: 2 });
  const [young = ''] = await record(tenant);
  clock.set(later);
  clock.advance({ days: -2 });
  await prune(plans);
  expect(await kept(tenant)).toEqual([old, young]); // the last day of the first has not begun
  clock.advance({ days: 2 });
  await prune(plans);
  expect(await kept(tenant)).toEqual([young]); // it ended a day ago; the other's ends in a day
  await stillVerifies(tenant, evidence!);
}

/** What was proven before is proven still, also against what the ledger has become, and its checkpoints are one history. */
async function stillVerifies(tenant: string, evidence: LedgerEvidence): Promise<void> {
  const vkey = ledger.vkey(tenant);
  expect(verifyEvidence(evidence, vkey)).toMatchObject({ size: evidence.size });
  await record(tenant);
  const reader = new LedgerReader(SERVICE, ledger, keeper.unitOfWork).of(tenant, SERVICE);
  const { checkpoint, pruned } = await reader.show();
  const now = openCheckpoint(checkpoint ?? '', vkey);
  const { index, proof } = await reader.inclusion(evidence.record.id, now.size);
  expect(verifyInclusion({ index, size: now.size, leafHash: recordHash(evidence.record), proof: proof.map((hash) => Buffer.from(hash, 'base64')), root: now.root })).toBe(true);
  const signed = (await reader.checkpoints(500, undefined)).items.map(({ note }) => openCheckpoint(note, vkey));
  for (const [i, from] of signed.slice(0, -1).entries()) {
    const to = signed[i + 1]!;
    const answer = await reader.consistency(from.size, to.size);
    expect(verifyConsistency({ from, to, proof: answer.proof.map((hash) => Buffer.from(hash, 'base64')) })).toBe(true);
  }
  expect(signed.length).toBeGreaterThan(1);
  expect(pruned).toMatchObject({ upTo: index + 1 });
  await expect(keeper.unitOfWork.run(tenant, (tx) => ledger.evidenceFor(tx, [evidence.record.id]))).rejects.toMatchObject({ code: 'not_found' });
}

describe('records are kept for as long as the plan says, and no longer', () => {
  it('AJU-29: seven years on the regulated plan', async () => {
    expect(auditOf('ajuni').plans).toMatchObject([{ plan: 'regulated', keep: 'P7Y', source: 'AJU-29' }]);
    await keptForAsLongAs('ajuni', 'ajuni', '2019-03-02T10:00:00Z');
    const [entry] = await bed.rows<{ data: unknown }>(`SELECT data FROM t_ajuni.ledger_entry WHERE kind = 'ledger.pruned'`);
    expect(entry?.data).toEqual({ upTo: 1, count: 1, before: '2012-03-02T10:00:00.001Z', plan: 'regulated', keep: 'P7Y', promise: 'AJU-29' });
  });

  it('ASK-13: ninety days on the starter plan', async () => {
    expect(auditOf('askasia').plans[0]).toMatchObject({ plan: 'starter', keep: 'P90D', source: 'ASK-13' });
    await keptForAsLongAs('askasia', 'askasia', '2012-05-31T10:00:00Z');
  });

  it('ASK-13: ninety days on the growth plan', async () => {
    expect(auditOf('askasia').plans[1]).toMatchObject({ plan: 'growth', keep: 'P90D', source: 'ASK-13' });
    await keptForAsLongAs('askasia', 'askasia', '2012-05-31T10:00:00Z', { askasia: 'growth' });
  });

  it('ASK-13: thirteen months on the enterprise plan', async () => {
    expect(auditOf('askasia').plans[2]).toMatchObject({ plan: 'enterprise', keep: 'P13M', source: 'ASK-13' });
    await keptForAsLongAs('askasia', 'askasia', '2013-04-02T10:00:00Z', { askasia: 'enterprise' });
  });

  it.each([
    ['aurigen', '2015-03-02T10:00:00Z'],
    ['ahurasense', '2014-03-02T10:00:00Z'],
    ['auronx', '2013-09-02T10:00:00Z'],
  ] as const)('what %s has left to the operator', async (tenant, later) => {
    await keptForAsLongAs('ajuni', tenant, later);
  });

  it('nothing goes where the policy does not offer the plan that the operator set, or no policy is known', async () => {
    await record('ajuni');
    clock.advance({ days: 4000 });
    await prune();
    expect(await kept('ajuni')).toHaveLength(1);
    await promise('ajuni', 'ajuni');
    await prune({ ajuni: 'gold' });
    expect(await kept('ajuni')).toHaveLength(1);
  });
});

describe('pruning', () => {
  it("takes nothing that the database's own clock calls younger than a week, whatever the service's clock says", async () => {
    await promise('askasia', 'askasia');
    clock.set(new Date());
    await record('askasia');
    clock.advance({ days: 4000 });
    await prune();
    expect(await kept('askasia')).toHaveLength(1);
    const asked = keeper.unitOfWork.run('askasia', (tx) => tx.query<{ n: string }>(`SELECT ledger_prune(1, '9999-01-01') AS n`));
    expect(await asked).toEqual([{ n: '0' }]);
  });

  it('takes nothing by any other way: the role of a tenant may delete no record, leaf or checkpoint', async () => {
    for (const table of ['ledger_entry', 'ledger_leaf', 'ledger_checkpoint', 'ledger_tile', 'ledger_head']) {
      await expect(keeper.unitOfWork.run('ajuni', (tx) => tx.query(`DELETE FROM ${table}`))).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('keeps of old checkpoints the last of each hour', async () => {
    for (let n = 0; n < 6; n += 1) {
      await record('ajuni');
      clock.advance({ minutes: 20 });
    }
    clock.advance({ days: 8 });
    await prune();
    const sizes = await bed.rows<{ size: string }>('SELECT size FROM t_ajuni.ledger_checkpoint ORDER BY size');
    expect(sizes.map(({ size }) => Number(size))).toEqual([3, 6]);
  });

  it('goes on where a killed run was, wherever that was, and never takes what is to stay', async () => {
    await promise('ajuni', 'ajuni');
    await record('ajuni', 5000);
    clock.advance({ days: 400 });
    const young = await record('ajuni', 3);
    const time = '2019-04-01T00:00:00Z';
    for (const [point, left] of [['ledger.batch-taken-away:1', 5003], ['ledger.batch-pruned:1', 3003], ['ledger.batch-taken-away:2', 1003]] as const) {
      expect([point, await killedAt(point, time)]).toEqual([point, 'SIGKILL']);
      expect([point, (await kept('ajuni')).length]).toEqual([point, left]);
    }
    clock.set(time);
    await prune();
    expect((await kept('ajuni')).toSorted()).toEqual(young.toSorted());
    const counts = await bed.rows<{ count: number }>(`SELECT (data->>'count')::int AS count FROM t_ajuni.ledger_entry WHERE kind = 'ledger.pruned' ORDER BY (data->>'upTo')::int`);
    expect(counts.map(({ count }) => count)).toEqual([2000, 2000, 1000]);
    await bed.settled();
    const told = await bed.told();
    expect((await bed.head()).size).toBe(told.length);
    expect(told).toHaveLength(5006);
  }, 120_000);
});

async function killedAt(point: string, time: string): Promise<unknown> {
  const place = JSON.stringify({ url: bed.url, keysDir: bed.bed.keysDir });
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, place, time, point], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [, signal] = (await once(child, 'close')) as unknown[];
  return signal;
}
