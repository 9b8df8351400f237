import { openCheckpoint } from '@heed/ledger';
import { LedgerKey } from '@heed/ledger-keeper';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { peek } from '../src/sequencer/new-entries.js';
import { keeperOn, SERVICE } from './support/keeper.js';
import type { Keeper } from './support/keeper.js';
import { LedgerBed, rootOf } from './support/ledger-bed.js';

let bed: LedgerBed;
const keepers: Keeper[] = [];
const beds: LedgerBed[] = [];

beforeEach(async () => {
  bed = await LedgerBed.make();
  beds.push(bed);
});
afterEach(() => Promise.all(keepers.splice(0).map((keeper) => keeper.stop())));
afterAll(() => Promise.all(beds.map((one) => one.stop())));

async function keeper(): Promise<Keeper> {
  const made = await keeperOn(bed.place);
  keepers.push(made);
  return made;
}

const record = ({ unitOfWork }: Keeper, count: number, tenant = 'ajuni'): Promise<readonly string[]> =>
  unitOfWork.run(tenant, async (tx) => Array.from({ length: count }, (_, n) => tx.record({ kind: 'consent.given', data: { n } })));

/** Every committed record has one place, the events say so in order, and the root is the one of those records. */
async function expectWhole(tenant = 'ajuni'): Promise<number> {
  await bed.settled(tenant);
  const told = await bed.told(tenant);
  expect(told.map(({ id }) => id).sort()).toEqual(await bed.committed(tenant));
  expect(await bed.head(tenant)).toEqual({ size: told.length, root: rootOf(told) });
  return told.length;
}

describe('the sequencer', () => {
  it('gives records their places after the commit, and tells them with their openings and a signed checkpoint', async () => {
    const one = await keeper();
    one.sequencer.start();
    const ids = await record(one, 3);
    expect(await expectWhole()).toBe(3);
    expect((await bed.told()).map(({ id }) => id)).toEqual([...ids].sort());
    const [checkpoint] = await bed.toldCheckpoints();
    const vkey = (await LedgerKey.open(SERVICE, bed.bed.keysDir)).vkey('ajuni');
    expect(openCheckpoint(checkpoint?.note ?? '', vkey)).toEqual({ origin: 'heed/consent/ajuni', ...(await bed.head()) });
  });

  it('finds at its start what a process that is gone has left', async () => {
    await record(await keeper(), 4500); // more than one turn and one event take
    await record(await keeper(), 2, 'askasia');
    (await keeper()).sequencer.start();
    expect(await expectWhole()).toBe(4500);
    expect(await expectWhole('askasia')).toBe(2);
  });

  it('looks whether there is anything to do without reading the records that have their places', async () => {
    const one = await keeper();
    one.sequencer.start();
    await record(one, 4500);
    await expectWhole();
    const plan = await one.unitOfWork.run('ajuni', async (tx) => {
      const query = tx.query.bind(tx);
      const sent: string[] = [];
      await peek(Object.assign(Object.create(tx) as typeof tx, { query: (text: string) => (sent.push(text), query(text)) }));
      return query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sent[0] ?? ''}`);
    });
    const lines = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(lines).toContain('ledger_entry_written');
    expect(lines).not.toContain('Seq Scan on ledger_entry');
  });

  it('signs at most once a second while it is busy, and what came last when it falls idle', async () => {
    const one = await keeper();
    one.sequencer.start();
    const until = performance.now() + 3500;
    while (performance.now() < until) await record(one, 1);
    await bed.settled();
    const made = await bed.rows<{ gap: number | null }>('SELECT extract(epoch FROM made_at - lag(made_at) OVER (ORDER BY size))::float AS gap FROM t_ajuni.ledger_checkpoint');
    expect(made.length).toBeGreaterThanOrEqual(4);
    expect(Math.min(...made.flatMap(({ gap }) => (gap === null ? [] : [gap])))).toBeGreaterThan(0.95);
    const [last] = (await bed.toldCheckpoints()).slice(-1);
    expect(last?.size).toBe((await bed.head()).size);
  });

  it('waits for a transaction that began to write earlier and commits later, and leaves out neither it nor what came after', async () => {
    const one = await keeper();
    one.sequencer.start();
    let commit: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (commit = resolve));
    const late = one.unitOfWork.run('ajuni', async (tx) => {
      await tx.query(`INSERT INTO ledger_entry (id, kind, data) VALUES (gen_random_uuid(), 'late', '{}')`); // it has its number now
      await held;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await record(one, 5);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await bed.head()).size).toBe(0);
    commit();
    await late;
    expect(await expectWhole()).toBe(6);
    expect((await bed.told())[0]?.kind).toBe('late');
  });

  it('leaves out no record and places none twice: concurrent writers, rollbacks, long transactions, three sequencers', async () => {
    const three = await Promise.all([keeper(), keeper(), keeper()]);
    for (const one of three) one.sequencer.start();
    let seed = 20261121;
    const random = (): number => (seed = (seed * 48271) % 0x7fffffff) / 0x7fffffff;
    let expected = 0;
    const writers = Array.from({ length: 9 }, async (_, w) => {
      for (let i = 0; i < 40; i += 1) {
        const [one, count, fate] = [three[w % 3], 1 + Math.floor(random() * 8), random()];
        const work = one?.unitOfWork.run('ajuni', async (tx) => {
          if (fate > 0.3) await tx.query('SELECT pg_current_xact_id()'); // some get their number long before they write
          if (fate > 0.85) await new Promise((resolve) => setTimeout(resolve, 60 * fate));
          for (let n = 0; n < count; n += 1) tx.record({ kind: 'consent.given', data: { w, i, n } });
          if (fate < 0.2) throw new Error('rolled back');
        });
        await work?.then(() => (expected += count), () => undefined);
      }
    });
    await Promise.all(writers);
    expect(await expectWhole()).toBe(expected);
    expect(expected).toBeGreaterThan(500);
  }, 180_000);

  it('follows a dump into another server, whose transactions count anew: nothing is left out or placed twice', async () => {
    const one = await keeper();
    one.sequencer.start();
    await record(one, 30);
    await bed.settled();
    await one.sequencer.stop();
    await record(one, 7); // committed, without places, when the dump was made
    // As another server wrote them: numbers far ahead of this one's, in the rows and in the head.
    await bed.admin.query(`UPDATE t_ajuni.ledger_entry SET written_by = (written_by::text::numeric + 1000000000)::text::xid8`);
    await bed.admin.query(`UPDATE t_ajuni.ledger_head SET last_tx = (last_tx::text::numeric + 1000000000)::text::xid8, cluster = '1'`);
    const other = await keeper();
    other.sequencer.start();
    await record(other, 4);
    expect(await expectWhole()).toBe(41);
    await record(other, 2);
    expect(await expectWhole()).toBe(43);
  });

  it('takes up a dump from before the first record had its place', async () => {
    const one = await keeper();
    await record(one, 3);
    await bed.admin.query(`UPDATE t_ajuni.ledger_entry SET written_by = '1000000000'`);
    one.sequencer.start();
    expect(await expectWhole()).toBe(3);
    await record(one, 1);
    expect(await expectWhole()).toBe(4);
  });

  it('adds nothing to a ledger that is shorter than it was: it raises the alarm instead', async () => {
    let alarms = 0;
    const one = await keeperOn({ ...bed.place, alarm: () => (alarms += 1) });
    keepers.push(one);
    one.sequencer.start();
    await record(one, 3);
    await bed.settled();
    const copy = await copyOf(bed.admin);
    await record(one, 2);
    await bed.settled();
    await putBack(bed.admin, copy);
    await record(one, 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await bed.head()).toMatchObject({ size: 3 });
    expect(alarms).toBeGreaterThan(0);
    expect(one.seen.takeAlarms()).toMatchObject([{ tenant: 'ajuni', known: { size: 5 }, found: { size: 3 } }]);
  });
});

const TABLES = ['ledger_entry', 'ledger_leaf', 'ledger_tile', 'ledger_checkpoint', 'ledger_head'].map((table) => `t_ajuni.${table}`);

async function copyOf(admin: pg.Client): Promise<readonly string[]> {
  const copies = TABLES.map((table) => `${table}_copy`);
  for (const [i, table] of TABLES.entries()) await admin.query(`CREATE TABLE ${copies[i]} AS TABLE ${table}`);
  return copies;
}

async function putBack(admin: pg.Client, copies: readonly string[]): Promise<void> {
  await admin.query('BEGIN');
  for (const [i, table] of TABLES.entries()) await admin.query(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM ${copies[i]}`);
  await admin.query('COMMIT');
}
