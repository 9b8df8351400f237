import { ledgerSequenced } from '@heed/contracts-ledger';
import { newEvent, systemClock, uuidv7 } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import { EMPTY_ROOT, newSalt } from '@heed/ledger';
import type { LedgerRecord } from '@heed/ledger';
import { describe, expect, it } from 'vitest';
import { LedgerGap } from './ledger-gap.js';

const origin = 'heed/consent/ajuni';
const records = Array.from({ length: 10 }, (_, n): LedgerRecord => ({ id: uuidv7(), kind: 'consent.given', at: '2026-11-21T10:00:00.000Z', data: { n }, salt: newSalt() }));
const part = (from: number, to: number, of = origin): HeedEvent =>
  newEvent(ledgerSequenced, { source: '/heed/consent', tenant: 'ajuni', key: of, clock: systemClock, data: { origin: of, from, records: records.slice(from, to) } }).event;
const gap = (): LedgerGap => new LedgerGap('ajuni', 4, { origin, size: 9, root: EMPTY_ROOT, note: '' });

describe('what a ledger lacks', () => {
  it('is put together from parts, told in any order, twice, or reaching back behind what is there', () => {
    const one = gap();
    for (const [from, to, at] of [[6, 9, 300], [2, 6, 100], [6, 9, 400]] as const) one.take(part(from, to), at);
    expect(one.records()).toEqual(records.slice(4, 9));
    expect(one.firstAt).toBe(100);
  });

  it('may reach further than what was signed', () => {
    const one = gap();
    one.take(part(0, 10), 1);
    expect(one.records()).toEqual(records.slice(4));
  });

  it('is refused where a part of it is missing, whatever comes after, and is not filled from another ledger', () => {
    const one = gap();
    one.take(part(4, 6), 1);
    one.take(part(7, 10), 2);
    one.take(part(6, 7, 'heed/dsar/ajuni'), 3);
    expect(() => one.records()).toThrow(expect.objectContaining({ code: 'ledger_gap', message: expect.stringContaining('no record 6 of heed/consent/ajuni') as string }));
  });
});
