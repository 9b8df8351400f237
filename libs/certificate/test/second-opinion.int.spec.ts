import { generateAgentKeys } from '@heed/crypto';
import { vkeyOf } from '@heed/ledger';
import type { LedgerRecord } from '@heed/ledger';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asLinkedData, ledgerOf, totalsOf, verifyCertificate } from '../src/index.js';
import type { Certificate, ErasureCertificate, SignedCertificate } from '../src/index.js';
import { consent, erasure, issued, ledgerKey, notice, receipt, withdrawal } from './specimens.js';

const SCRIPT = fileURLToPath(new URL('../../../infra/ledger-check/certificate.py', import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'heed-certificate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What other code in another language finds wrong. */
function askPython(document: unknown, key: string): readonly string[] {
  const [file, keyFile] = [path.join(folder, 'certificate.json'), path.join(folder, 'key')];
  writeFileSync(file, JSON.stringify(document));
  writeFileSync(keyFile, `${key}\n`);
  const { stdout, stderr, status } = spawnSync('python3', [SCRIPT, file, '--key', keyFile, '--json'], { encoding: 'utf8' });
  if (status === null || status > 1 || stderr !== '') throw new Error(`the second verifier failed: ${stderr}`);
  return (JSON.parse(stdout) as { faults: string[] }).faults;
}

const askOurs = (document: unknown, key: string): readonly string[] => verifyCertificate(document, { keys: [key] }).findings.flatMap(({ what, ok }) => (ok ? [] : [what]));

const over = (dispatches: ErasureCertificate['dispatches']): ErasureCertificate => erasure({ dispatches, totals: totalsOf(dispatches) });

type Copy = SignedCertificate<ErasureCertificate>;
const TAMPERINGS: readonly (readonly [what: string, change: (copy: Copy) => void])[] = [
  ['a word of it', (c) => (c.certificate.approved.by = 'nobody')],
  ['its signature', (c) => (c.proof.signature = c.proof.signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')))],
  ["a store's answer", (c) => (c.certificate.dispatches[0]!.stores[0]!.acknowledgement!.body.rows = 8)],
  ['what a store is said to have answered', (c) => (c.certificate.dispatches[0]!.stores[0]!.rows = 8)],
  ["a store's key", (c) => (c.certificate.dispatches[0]!.stores[0]!.agentKey = { ...c.key })],
  ['a record', (c) => ((c.ledger[1]!.record as LedgerRecord).data['actor'] = 'nobody')],
  ['the place of a record', (c) => (c.ledger[1]!.index += 2)],
  ['a proof', (c) => c.ledger[1]!.inclusion.reverse()],
  ['a checkpoint', (c) => (c.ledger[1]!.checkpoint = c.ledger[1]!.checkpoint.replace('\n6\n', '\n7\n'))],
  ['the record that it was issued', (c) => c.ledger.shift()],
  ['the ledger it stands in', (c) => (c.ledger[1]!.origin = 'heed/dsar/askasia')],
];

describe('a second implementation', () => {
  it.each<[Certificate]>([[erasure()], [withdrawal()], [consent()], [notice()], [receipt()]])('verifies the same certificates: $schema', async (certificate) => {
    const key = vkeyOf(ledgerOf(certificate), ledgerKey.x);
    const signed = await issued(certificate);
    expect(askPython(signed, key)).toEqual([]);
    expect(askOurs(signed, key)).toEqual([]);
    const other = vkeyOf(ledgerOf(certificate), generateAgentKeys().signing.x);
    expect(askPython(signed, other)).toEqual(['key']);
    expect(askOurs(signed, other)).toEqual(['key']);
  });

  it.each(TAMPERINGS)('finds the same wrong where %s was changed', async (_, change) => {
    const key = vkeyOf('heed/dsar/ajuni', ledgerKey.x);
    const copy = structuredClone(await issued(erasure())) as Copy;
    change(copy);
    const [theirs, ours] = [askPython(copy, key), askOurs(copy, key)];
    // Ours looks further: at sums, and at what the ledger says of the acts themselves.
    expect(theirs).not.toEqual([]);
    expect(ours).toEqual(expect.arrayContaining([...theirs]));
  });

  it.each<[what: string, certificate: ErasureCertificate, stores: readonly string[]]>([
    ['what stores did about another person', erasure({ request: { ...erasure().request, ref: `sub_${'2'.repeat(32)}` } }), ['crm', 'mail-processor']],
    ['what stores did about a withdrawal', over(withdrawal().dispatches.map(({ id, closedAt, stores }) => ({ id, closedAt, stores }))), ['crm']],
    ['what no store has said', over(erasure().dispatches.map((one) => ({ ...one, stores: one.stores.map((store) => ({ ...store, outcome: 'done' })) }))), ['archive', 'crm', 'mail-processor']],
    ['what is kept in a store that was not asked', over(erasure().dispatches.map((one) => ({ ...one, stores: one.stores.map((store) => ({ ...store, kept: [{ table: 'x', basis: 'y', count: 1 }] })) }))), ['archive', 'crm', 'mail-processor']],
  ])('is not deceived by the operator, who signs and enters %s', async (_, certificate, stores) => {
    const key = vkeyOf('heed/dsar/ajuni', ledgerKey.x);
    const signed = await issued(certificate, { acts: [] });
    const wrong = stores.map((store) => `acknowledgement of ${store}`);
    for (const found of [askPython(signed, key), askOurs(signed, key)]) expect(wrong).toEqual(expect.arrayContaining([...found]));
    expect(askPython(signed, key)).toContain(wrong[0]);
    expect(askOurs(signed, key)).toContain(wrong[0]);
  });

  it('reads a receipt as linked data too, and accepts no other context: that would change what its names mean', async () => {
    const key = vkeyOf(ledgerOf(receipt()), ledgerKey.x);
    const linked = asLinkedData(await issued(receipt()));
    for (const found of [askPython(linked, key), askOurs(linked, key)]) expect(found).toEqual([]);
    const twisted = JSON.parse(JSON.stringify(linked).replace('dpv:ConsentWithdrawn', 'dpv:ConsentGiven')) as unknown;
    for (const found of [askPython(twisted, key), askOurs(twisted, key)]) expect(found).toEqual(['context']);
  });

  it('says of another file that it is no certificate', () => {
    for (const nothing of [{}, [], 'x', { certificate: {} }]) expect(askPython(nothing, 'x+00000000+AA==')).toEqual(['form']);
  });
});
