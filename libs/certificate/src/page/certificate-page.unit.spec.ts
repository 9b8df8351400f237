import { describe, expect, it } from 'vitest';
import { consent, erasure, issued, notice, receipt, withdrawal } from '../../test/specimens.js';
import { verifyCertificate } from '../verify/verify-certificate.js';
import { certificatePage } from './certificate-page.js';
import { lengthInWords } from './notice-page.js';

const page = async (...args: Parameters<typeof issued>): Promise<string> => certificatePage(await issued(...args));

describe('the page of a certificate', () => {
  it.each([erasure(), withdrawal(), consent(), notice(), receipt()])('has no scripts, loads nothing, and escapes what comes from outside: $schema', async (certificate) => {
    const text = await page(certificate);
    expect(text).toContain('Ajuni &#38; &#60;Sons&#62;');
    expect(text).not.toMatch(/<script|<link|<img|https?:\/\/|<Sons>|<offers>|<12>|<8 years>|undefined|\[object/);
  });

  it('brings the signed file itself, which verifies', async () => {
    const signed = await issued(erasure());
    const saved = /href="data:application\/json;base64,([^"]+)"/.exec(certificatePage(signed))?.[1] ?? '';
    const file: unknown = JSON.parse(Buffer.from(saved, 'base64').toString('utf8'));
    expect(file).toEqual(signed);
    expect(verifyCertificate(file).ok).toBe(true);
  });

  it('tells of an erasure what each store did, what was kept on which grounds, and how sure that is', async () => {
    const text = await page(erasure());
    for (const part of ['2 in invoices: tax law &#60;8 years&#62;', '20 December 2026, 12:30 UTC (AJU-40)', 'recognised by a person of the controller', 'the processor says so; it cannot be read']) {
      expect(text).toContain(part);
    }
    expect(text).toContain('Identifiers are kept until the person has been told of the outcome');
    const nobody = erasure();
    const stores = nobody.dispatches[0]!.stores.map((store) => ({ ...store, outcome: 'nothing_found' }));
    expect(await page({ ...nobody, dispatches: [{ ...nobody.dispatches[0]!, stores }] })).toContain('was looked for in 3 data stores, and nothing was found');
  });

  it('tells what became of the identifiers by which the person was found', async () => {
    const ledger = { origin: 'heed/consent/ajuni', entryId: '019a0000-0000-7000-8000-00000000000a' };
    const identity = { outcome: 'erased' as const, identifiers: 2, keys: 1, erasedAt: '2026-11-21T11:00:00.000Z', ledger };
    const gone = await page(erasure({ identity, supersedes: '019a0000-0000-7000-8000-00000000000b' }));
    expect(gone.replaceAll(/\s+/g, ' ')).toContain('2 identifiers of the person were deleted and the destruction of 1 key ordered');
    expect(gone).toContain(ledger.entryId);
    expect(gone).toContain('in place of <code>019a0000-0000-7000-8000-00000000000b</code>');
    expect(await page(erasure({ identity: { ...identity, outcome: 'kept', identifiers: 0, keys: 0 } }))).toContain('came back to Ajuni by an act of their own');
  });

  it('tells of a withdrawal who was told and who was not concerned', async () => {
    const text = await page(withdrawal());
    expect(text).toContain('switched off');
    expect(text).toContain('telemetry (does not use the purpose)');
    expect(await page({ ...withdrawal(), dispatches: [], totals: { stores: 0, rows: 0, residue: 0, kept: 0 } }, { acts: [] })).toContain('no data store uses it');
  });

  it('tells of a consent under which words it was given and what was decided since', async () => {
    const text = await page(consent());
    expect(text).toContain('News &#38; &#60;offers&#62;');
    expect(text).toContain('notice signup, version 1, in language en');
    expect(text).toContain('consent is withdrawn, since 21 November 2026, 09:00 UTC');
    expect(await page({ ...consent(), since: [] })).toContain('this is the latest decision');
  });

  it('tells of a notice how long before the change everybody had it, and whether that was promised', async () => {
    expect(await page(notice())).toContain('34 days later; 30 days were promised (AJU-56), and this was kept.');
    const running = { ...notice(), promise: { ...notice().promise, outcome: 'running' as const, daysGiven: null } };
    expect(await page(running)).toContain('somebody has still to be told');
    expect([lengthInWords('P1M'), lengthInWords('P2BD')]).toEqual(['1 month', 'P2BD']);
  });
});
