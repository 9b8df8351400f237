import { ledgerSequenced } from '@heed/contracts-ledger';
import { newEvent, systemClock, uuidv7 } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import { appendLeaves, newSalt, recordHash } from '@heed/ledger';
import type { LedgerRecord, ReadTile } from '@heed/ledger';
import { describe, expect, it } from 'vitest';
import { LedgerGap } from './ledger-gap.js';

const origin = 'heed/consent/ajuni';
const records = Array.from({ length: 10 }, (_, n): LedgerRecord => ({ id: uuidv7(), kind: 'consent.given', at: '2026-11-21T10:00:00.000Z', data: { n }, salt: newSalt() }));
const part = (from: number, to: number, source = records, of = origin): HeedEvent =>
  newEvent(ledgerSequenced, { source: '/heed/consent', tenant: 'ajuni', key: of, clock: systemClock, data: { origin: of, from, records: source.slice(from, to) } }).event;
const nothing: ReadTile = (tiles) => Promise.resolve(tiles.map(() => Buffer.alloc(0)));
const forgedOnes = records.map((record) => ({ ...record, id: uuidv7(), kind: 'hold.released' }));

/** A copy that has 4 records of 9 that were signed; 10 were told. */
async function lost(): Promise<{ gap: LedgerGap; readTile: ReadTile }> {
  const there = await appendLeaves(0, records.slice(0, 4).map(recordHash), nothing);
  const readTile: ReadTile = (tiles) => Promise.resolve(tiles.map(({ level, index }) => there.tiles.find((one) => one.level === level && one.index === index)?.hashes ?? Buffer.alloc(0)));
  const { root } = await appendLeaves(0, records.slice(0, 9).map(recordHash), nothing);
  return { gap: new LedgerGap('ajuni', 4, { origin, size: 9, root, note: '' }), readTile };
}

describe('what a ledger lacks', () => {
  it('is put together from parts, told in any order, twice, or reaching back behind what is there', async () => {
    const { gap, readTile } = await lost();
    for (const [from, to, at] of [[6, 9, 300], [2, 6, 100], [6, 9, 400]] as const) gap.take(part(from, to), at);
    expect(await gap.settle(readTile, false)).toEqual({ records: records.slice(4, 9), unsigned: 0, contested: [] });
    expect(gap.firstAt).toBe(100);
  });

  it('is believed as far as it was signed, and further only where that is asked for', async () => {
    const { gap, readTile } = await lost();
    gap.take(part(0, 10), 1);
    expect(await gap.settle(readTile, false)).toMatchObject({ records: records.slice(4, 9), unsigned: 1 });
    expect(await gap.settle(readTile, true)).toMatchObject({ records: records.slice(4), unsigned: 1 });
  });

  it('is refused where a part of it is missing, whatever comes after, and is not filled from another ledger', async () => {
    const { gap, readTile } = await lost();
    gap.take(part(4, 6), 1);
    gap.take(part(7, 10), 2);
    gap.take(part(6, 7, records, 'heed/dsar/ajuni'), 3);
    await expect(gap.settle(readTile, false)).rejects.toMatchObject({ code: 'ledger_gap', message: expect.stringContaining('no record 6 of heed/consent/ajuni') as string });
  });

  it.each([
    ['after the true one', [part(4, 10), part(5, 8, forgedOnes)]],
    ['before the true one', [part(5, 8, forgedOnes), part(4, 6), part(6, 10)]],
    ['before and after the true one', [part(5, 7, forgedOnes), part(4, 10), part(6, 9, forgedOnes)]],
    ['twice before and once after', [part(5, 7, forgedOnes), part(6, 7, forgedOnes.toReversed()), part(4, 10), part(6, 7, forgedOnes)]],
  ])('is what was signed where somebody told a forged part %s, and says which places it is about', async (_, told) => {
    const { gap, readTile } = await lost();
    told.forEach((event, at) => gap.take(event, at));
    const settled = await gap.settle(readTile, false);
    expect(settled.records).toEqual(records.slice(4, 9));
    expect(settled.contested[0]).toMatch(/^[56]/);
  });

  it('is refused as forked where nothing that was told becomes what was signed', async () => {
    const { gap, readTile } = await lost();
    gap.take(part(4, 10, forgedOnes), 1);
    await expect(gap.settle(readTile, false)).rejects.toMatchObject({ code: 'ledger_forked' });
  });
});
