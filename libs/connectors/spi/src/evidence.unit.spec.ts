import { describe, expect, it } from 'vitest';
import { mergeEvidence, settleVerification } from './evidence.js';

const evidence = (rows: number, residue = 0, kept: { basis: string; count: number }[] = []) => [{ table: 'people', rows, residue, kept }];

describe('the settlement of a verification', () => {
  it('is never done while residue is there', () => {
    expect(settleVerification({ dispatchId: 'd', tables: evidence(3, 1), read: true })).toMatchObject({ outcome: 'failed', reason: 'residue_found' });
  });

  it('tells nothing found from rows that all had to stay', () => {
    expect(settleVerification({ dispatchId: 'd', tables: evidence(0), read: true }).outcome).toBe('nothing_found');
    expect(settleVerification({ dispatchId: 'd', tables: evidence(0, 0, [{ basis: 'tax_law', count: 1 }]), read: true }).outcome).toBe('done');
  });

  it('calls attested what could not be read', () => {
    expect(settleVerification({ dispatchId: 'd', tables: evidence(1), read: false }).assurance).toBe('processor_attested');
  });
});

describe('evidence of chunks', () => {
  it('adds rows and takes what was kept from the last look', () => {
    const merged = mergeEvidence(evidence(10, 0, [{ basis: 'x', count: 2 }]), evidence(5, 0, [{ basis: 'x', count: 1 }]));
    expect(merged).toEqual(evidence(15, 0, [{ basis: 'x', count: 1 }]));
  });
});
