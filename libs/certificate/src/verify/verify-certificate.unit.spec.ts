import { generateAgentKeys, publicJwk, signBody } from '@heed/crypto';
import { signCheckpoint, vkeyOf, withhold } from '@heed/ledger';
import type { LedgerRecord } from '@heed/ledger';
import { describe, expect, it } from 'vitest';
import { actsOf, agent, consent, erasure, issued, ledgerKey, notice, receipt, REF, withdrawal } from '../../test/specimens.js';
import { ledgerOf, signCertificate, verifyCertificate } from '../index.js';
import type { Certificate, ErasureCertificate, SignedCertificate } from '../index.js';

const stranger = generateAgentKeys().signing;
const vkey = (certificate: Certificate, key = ledgerKey): string => vkeyOf(ledgerOf(certificate), key.x);

/** What was found wrong, by what was looked at. */
const faults = (document: unknown, keys?: readonly string[]): readonly string[] =>
  verifyCertificate(document, keys ? { keys } : {}).findings.flatMap(({ what, ok }) => (ok ? [] : [what]));

type Changed = SignedCertificate<ErasureCertificate>;
/** A deep copy with one thing changed, as somebody with an editor would. */
function changed(signed: SignedCertificate, change: (copy: Changed) => void): SignedCertificate {
  const copy = structuredClone(signed) as Changed;
  change(copy);
  return copy;
}
/** The same, signed again by the operator's own key: what a dishonest operator could do. */
function resigned(signed: SignedCertificate, change: (copy: Changed) => void): SignedCertificate {
  const copy = changed(signed, change);
  return { ...signCertificate(copy.certificate, ledgerKey), ledger: copy.ledger };
}

describe('a certificate', () => {
  it.each([erasure(), withdrawal(), consent(), notice(), receipt()])('is checked with nothing but itself and the public key: $schema', async (certificate) => {
    const signed = JSON.parse(JSON.stringify(await issued(certificate))) as SignedCertificate;
    expect(faults(signed)).toEqual([]);
    expect(verifyCertificate(signed, { keys: ['heed/dsar/askasia+00000000+AA==', vkey(certificate)] })).toMatchObject({ ok: true, trusted: true, id: certificate.id, tenant: 'ajuni' });
  });

  it('without a key from elsewhere says that the key was compared with none', async () => {
    const report = verifyCertificate(await issued(erasure()));
    expect(report).toMatchObject({ ok: true, trusted: false, key: vkey(erasure()) });
    expect(report.limits.join()).toContain('compare it with one that you have from the operator');
  });

  it('of which any word was changed has a wrong signature, and is not the one in the ledger', async () => {
    const signed = await issued(erasure());
    expect(faults(changed(signed, (c) => (c.certificate.approved.by = 'nobody')))).toEqual(expect.arrayContaining(['signature', 'entered in the ledger']));
    expect(faults(changed(signed, (c) => (c.certificate.supersedes = signed.certificate.id)))).toEqual(['signature', 'entered in the ledger']);
  });

  it('that the operator changes and signs again does not verify: the ledger has another fingerprint', async () => {
    const signed = await issued(erasure());
    expect(faults(resigned(signed, (c) => (c.certificate.clocks.due = '2027-12-20T12:30:00.000Z')))).toEqual(['entered in the ledger']);
  });

  it('that was never entered in the ledger does not verify', async () => {
    const signed = await issued(erasure());
    expect(faults({ ...signed, ledger: [] })).toEqual(['entered in the ledger']);
    expect(faults({ ...signed, ledger: signed.ledger.slice(1) })).toEqual(['entered in the ledger']);
    expect(faults(changed(signed, (c) => (c.ledger[0]!.record = withhold(c.ledger[0]!.record as LedgerRecord))))).toEqual(['entered in the ledger']);
  });

  it('with another key beside it, or signed by another, is told from one by the key that the reader has', async () => {
    const signed = await issued(erasure());
    expect(faults({ ...signed, key: publicJwk(stranger) })).toContain('signature');
    const forged = await issued(erasure(), { key: stranger });
    expect(faults(forged), 'it agrees with itself').toEqual([]);
    expect(faults(forged, [vkey(erasure())])).toEqual(['key']);
    expect(faults(signed, [vkeyOf('heed/consent/ajuni', ledgerKey.x)])).toEqual(['key']);
    expect(faults(changed(signed, (c) => (c.proof.kid = publicJwk(stranger).kid)))).toEqual(['signature']);
  });

  it('with a signature that is another, or none, is named', async () => {
    const signed = await issued(erasure());
    expect(faults(changed(signed, (c) => (c.proof.signature = signBody({}, ledgerKey).signature)))).toEqual(['signature']);
    expect(faults(changed(signed, (c) => (c.proof.signature = '')))).toEqual(['signature']);
  });

  it("of which a store's own answer was changed names that store, whoever signs it again", async () => {
    const signed = await issued(erasure());
    const first = (c: Changed) => c.certificate.dispatches[0]!.stores[0]!;
    const what = 'acknowledgement of crm';
    expect(faults(resigned(signed, (c) => (first(c).acknowledgement!.body.rows = 8)))).toContain(what);
    expect(faults(resigned(signed, (c) => (first(c).kept = [])))).toContain(what);
    expect(faults(resigned(signed, (c) => (first(c).acknowledgement = null)))).toContain(what);
    expect(faults(resigned(signed, (c) => (first(c).agentKey = null)))).toContain(what);
    const other = publicJwk(stranger) as NonNullable<ReturnType<typeof first>['agentKey']>;
    expect(faults(resigned(signed, (c) => (first(c).agentKey = other))), 'a key that signed something else').toContain(what);
    expect(faults(resigned(signed, (c) => (first(c).agentKey = { ...other, kid: publicJwk(agent).kid }))), 'a key under the name of another').toContain(what);
    expect(faults(resigned(signed, (c) => (c.certificate.dispatches[0]!.id = 'dsr_019a0000-0000-7000-8000-000000000009'))), 'the answer to another dispatch').toContain(what);
    expect(faults(resigned(signed, (c) => (c.certificate.totals.residue = 1)))).toContain('totals');
  });

  it('of which a record of the ledger, its place or its proof was changed names that record', async () => {
    const signed = await issued(erasure());
    const approved = 'ledger record request.approved';
    expect(signed.ledger[1]!.record.kind).toBe('request.approved');
    expect(faults(changed(signed, (c) => ((c.ledger[1]!.record as LedgerRecord).data['actor'] = 'nobody')))).toEqual([approved]);
    expect(faults(changed(signed, (c) => (c.ledger[1]!.record.at = '2026-11-21T09:00:00.000Z')))).toEqual([approved]);
    expect(faults(changed(signed, (c) => ((c.ledger[1]!.record as LedgerRecord).salt = 'A'.repeat(22))))).toEqual([approved]);
    expect(faults(changed(signed, (c) => (c.ledger[1]!.index += 2)))).toEqual([approved]);
    expect(faults(changed(signed, (c) => (c.ledger[1]!.size -= 1)))).toEqual([approved]);
    expect(faults(changed(signed, (c) => c.ledger[1]!.inclusion.reverse()))).toEqual([approved]);
    expect(faults(changed(signed, (c) => (c.ledger[1]!.inclusion[0] = Buffer.alloc(32).toString('base64'))))).toEqual([approved]);
    expect(faults(changed(signed, (c) => c.ledger[0]!.inclusion.pop()))).toEqual(['ledger record certificate.issued', 'entered in the ledger']);
  });

  it('of which the checkpoint was changed, or signed by another, names the checkpoint', async () => {
    const signed = await issued(erasure());
    const what = 'checkpoint for request.approved';
    expect(faults(changed(signed, (c) => (c.ledger[1]!.checkpoint = c.ledger[1]!.checkpoint.replace('\n6\n', '\n7\n'))))).toEqual([what]);
    const root = Buffer.alloc(32, 7);
    expect(faults(changed(signed, (c) => (c.ledger[1]!.checkpoint = signCheckpoint({ origin: 'heed/dsar/ajuni', size: 6, root }, stranger))))).toEqual([what]);
    expect(faults(changed(signed, (c) => (c.ledger[1]!.checkpoint = signCheckpoint({ origin: 'heed/dsar/ajuni', size: 6, root }, ledgerKey)))), 'a tree that the record is not in').toEqual([
      'ledger record request.approved',
    ]);
    expect(faults(changed(signed, (c) => (c.ledger[1]!.checkpoint = '')))).toEqual([what]);
  });

  it("in another tenant's ledger, or another service's, does not verify", async () => {
    const foreign = await issued(erasure(), { origin: 'heed/dsar/askasia' });
    expect(faults(foreign)).toEqual(expect.arrayContaining(['ledger record certificate.issued', 'entered in the ledger']));
    expect(verifyCertificate(foreign).findings.find(({ ok }) => !ok)?.why).toBe('it stands in the ledger heed/dsar/askasia, not in heed/dsar/ajuni');
    const moved = await issued(erasure({ tenant: { id: 'askasia', name: 'Askasia', controller: 'Askasia' } }), { origin: 'heed/dsar/ajuni' });
    expect(faults(moved)).toContain('entered in the ledger');
  });

  it.each<[string, Certificate, Certificate]>([
    ['who approved', erasure({ approved: { at: null, by: 'mallory' } }), erasure()],
    ['which request it was', erasure({ request: { ...erasure().request, id: '019a0000-0000-7000-8000-0000000000ff' } }), erasure()],
    ['which dispatch it was', { ...withdrawal(), dispatches: [] }, withdrawal()],
    ['whose consent it was', { ...consent(), ref: `sub_${'9'.repeat(32)}` }, consent()],
    ['what was decided', { ...consent(), decision: { ...consent().decision, decision: 'refused' } }, consent()],
    ['when it was delivered', { ...notice(), deliveries: { ...notice().deliveries, last: '2026-10-20T10:00:06.000Z' } }, notice()],
  ])('that says something else than the ledger of %s does not verify, though both are signed', async (_, told, honest) => {
    const signed = await issued(told, { acts: actsOf(honest) });
    expect(verifyCertificate(signed).findings.filter(({ ok, what }) => !ok && what.startsWith('ledger record'))).toHaveLength(1);
    expect(verifyCertificate(signed).ok).toBe(false);
  });

  it('that is none is said to be none', () => {
    for (const nothing of [undefined, null, 'x', {}, [], { certificate: {} }, { ...signCertificate(erasure(), ledgerKey), ledger: 'none' }]) {
      expect(verifyCertificate(nothing)).toMatchObject({ ok: false, kind: null, findings: [{ what: 'form', ok: false }] });
    }
    expect(faults({ ...signCertificate({ ...erasure(), more: REF } as ErasureCertificate, ledgerKey), ledger: [] })).toEqual(['form']);
  });
});
