import { describe, expect, it } from 'vitest';
import { MemoryLedger, numberedRecords } from '../../test/memory-ledger.js';
import { readCheckpoint } from '../checkpoint/checkpoint.js';
import { inclusionProof } from '../tree/proofs.js';
import { verifyEvidence } from './evidence.js';
import type { LedgerEvidence } from './evidence.js';
import { commitmentOf, leafOf, ledgerRecord, newSalt, withhold } from './record.js';

const [record] = numberedRecords(1, 5);
if (!record) throw new Error('unreachable');

async function evidence(index = 40): Promise<{ proof: LedgerEvidence; ledger: MemoryLedger }> {
  const ledger = await new MemoryLedger().append(numberedRecords(90));
  const shown = ledger.records[index];
  if (!shown) throw new Error('unreachable');
  const inclusion = (await inclusionProof(index, 90, ledger.read)).map((hash) => hash.toString('base64'));
  return { ledger, proof: { origin: ledger.origin, index, size: 90, record: shown, inclusion, checkpoint: ledger.checkpoints[0]?.note ?? '' } };
}

describe('a record', () => {
  it('has a leaf that names nobody, and stays the same when its opening is withheld', () => {
    const leaf = leafOf(record).toString();
    expect(leaf).toBe(`{"at":"2026-01-01T00:00:05.000Z","commitment":"${commitmentOf(record)}","id":"0192f3c4-0000-7000-8000-000000000005","kind":"consent.given","v":1}`);
    expect(leaf).not.toContain('sub_5');
    expect(leafOf(withhold(record)).toString()).toBe(leaf);
  });

  it('has a commitment to whom and what it is about, which its salt alone opens', () => {
    const commitment = commitmentOf(record);
    for (const change of [{ ref: 'sub_6' }, { ref: undefined }, { data: {} }, { salt: newSalt() }]) expect(commitmentOf({ ...record, ...change })).not.toBe(commitment);
    expect(commitmentOf({ ...record, data: { version: 5, purpose: 'analytics', nested: { share: 0.625, ok: true } } })).toBe(commitment);
    expect(new Set(Array.from({ length: 50 }, newSalt)).size).toBe(50);
  });

  it('is of the declared form', () => {
    expect(ledgerRecord.safeParse(record).success).toBe(true);
    for (const change of [{ id: 'x' }, { at: '2026-01-01' }, { salt: 'short' }, { more: 1 }, { data: [] }]) {
      expect(ledgerRecord.safeParse({ ...record, ...change }).success).toBe(false);
    }
  });
});

describe('evidence', () => {
  it('is verified with the public key alone, also where the opening is withheld', async () => {
    const { ledger, proof } = await evidence();
    expect(verifyEvidence(proof, ledger.vkey)).toMatchObject({ origin: 'heed/consent/ajuni', size: 90 });
    expect(verifyEvidence({ ...proof, record: withhold(record), ...(await evidenceOf(ledger, 5)) }, ledger.vkey).size).toBe(90);
  });

  it('fails when any part of it is changed', async () => {
    const { ledger, proof } = await evidence();
    const { checkpoint } = readCheckpoint(proof.checkpoint);
    const wrong = (change: Partial<LedgerEvidence>, code: string): void => {
      expect(() => verifyEvidence({ ...proof, ...change }, ledger.vkey)).toThrow(expect.objectContaining({ code }));
    };
    wrong({ index: 41 }, 'inclusion_wrong');
    wrong({ record }, 'inclusion_wrong');
    wrong({ inclusion: proof.inclusion.slice(1) }, 'inclusion_wrong');
    wrong({ inclusion: proof.inclusion.toReversed() }, 'inclusion_wrong');
    wrong({ size: 89 }, 'evidence_mismatch');
    wrong({ origin: 'heed/dsar/ajuni' }, 'evidence_mismatch');
    wrong({ checkpoint: ledger.sign(90, Buffer.alloc(32)) }, 'inclusion_wrong');
    wrong({ checkpoint: new MemoryLedger().sign(90, checkpoint.root) }, 'checkpoint_unsigned');
    wrong({ checkpoint: proof.checkpoint.replace('90\n', '91\n') }, 'checkpoint_signature_wrong');
  });
});

async function evidenceOf(ledger: MemoryLedger, index: number): Promise<Pick<LedgerEvidence, 'index' | 'inclusion'>> {
  return { index, inclusion: (await inclusionProof(index, 90, ledger.read)).map((hash) => hash.toString('base64')) };
}
