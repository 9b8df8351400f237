import type { Acknowledgement, AcknowledgementBody } from '@heed/contracts-fanout';
import { generateAgentKeys, publicJwk, signBody } from '@heed/crypto';
import { describe, expect, it } from 'vitest';
import { certificatePage } from './certificate-page.js';
import { signCertificate, storeOutcome, totalsOf, verifyCertificate } from './certificate.js';
import type { ErasureCertificate, SignedCertificate } from './certificate.js';

const agent = generateAgentKeys().signing;
const dsar = generateAgentKeys().signing;
const ref = `sub_${'0'.repeat(32)}`;
const id = '019a0000-0000-7000-8000-000000000001';

const body: AcknowledgementBody = {
  tenant: 'ajuni', dispatchId: `dsr_${id}`, owner: 'dsar', dataStore: 'crm', ref, version: 1, commandId: id, outcome: 'done', assurance: 'verified',
  rows: 7, residue: 0, tables: [{ table: 'invoices', rows: 7, residue: 0, kept: [{ basis: 'tax law <8 years>', count: 2 }] }],
  reason: null, alreadyErased: false, journalPosition: 1, completedAt: '2026-11-21T10:00:00.000Z',
};
const evidence: Acknowledgement = { body, proof: signBody(body, agent) };

function certificate(): ErasureCertificate {
  const key = publicJwk(agent) as Parameters<typeof storeOutcome>[1];
  const stores = [
    storeOutcome({ dataStore: 'crm', state: 'done', evidence }, key),
    storeOutcome({ dataStore: 'telemetry', state: 'nothing_found', evidence: null }, key),
  ];
  const dispatches = [{ id: body.dispatchId, closedAt: body.completedAt, stores }];
  return {
    schema: 'heed.dev/certificate/erasure/v1', id, tenant: { id: 'ajuni', name: 'Ajuni', controller: 'Ajuni & <Sons>' },
    request: { id, type: 'erase', ref, aliases: [], jurisdiction: 'IN', channel: 'api', receivedAt: '2026-11-20T12:30:00.000Z' },
    clocks: {
      acknowledgeBy: '2026-11-24T12:30:00.000Z', acknowledgedAt: '2026-11-20T12:31:00.000Z', due: '2026-12-20T12:30:00.000Z', extensions: 0,
      sources: { acknowledgeBy: 'AJU-39', due: 'AJU-40' },
    },
    policyVersion: 1, verified: { at: '2026-11-21T08:00:00.000Z', by: 'rina', method: 'operator_attested' }, approved: { at: '2026-11-21T09:00:00.000Z', by: 'omar' },
    dispatches, totals: totalsOf(dispatches), issuedAt: '2026-11-21T10:00:01.000Z', supersedes: null,
  };
}

describe('a certificate of erasure', () => {
  it('sums what every store did and names what was kept on which basis', () => {
    const { totals, dispatches } = certificate();
    expect(totals).toEqual({ stores: 2, rows: 7, residue: 0, kept: 2 });
    expect(dispatches[0]?.stores[0]).toMatchObject({ assurance: 'verified', kept: [{ table: 'invoices', basis: 'tax law <8 years>', count: 2 }], acknowledgement: evidence });
    expect(dispatches[0]?.stores[1]).toMatchObject({ outcome: 'nothing_found', assurance: null, acknowledgement: null });
  });

  it('is checked with nothing but the document', () => {
    const signed = signCertificate(certificate(), dsar);
    expect(signed.key).not.toHaveProperty('d');
    expect(verifyCertificate(JSON.parse(JSON.stringify(signed)) as SignedCertificate)).toBe(true);
  });

  it('does not hold once anything in it was changed, by us or in the name of a store', () => {
    const signed = signCertificate(certificate(), dsar);
    expect(verifyCertificate({ ...signed, certificate: { ...signed.certificate, approved: { at: null, by: 'nobody' } } })).toBe(false);
    expect(verifyCertificate({ ...signed, key: publicJwk(agent) })).toBe(false);
    const forged: Acknowledgement = { ...evidence, body: { ...body, rows: 8 } };
    const lie = certificate();
    const stores = lie.dispatches[0]!.stores.map((store) => (store.acknowledgement ? { ...store, acknowledgement: forged } : store));
    expect(verifyCertificate(signCertificate({ ...lie, dispatches: [{ ...lie.dispatches[0]!, stores }] }, dsar))).toBe(false);
  });

  it('reads as a page without scripts, with everything from outside escaped', () => {
    const page = certificatePage(signCertificate(certificate(), dsar));
    expect(page).toContain('Ajuni &#38; &#60;Sons&#62;');
    expect(page).toContain('2 in invoices: tax law &#60;8 years&#62;');
    expect(page).toContain('20 December 2026, 12:30 UTC (AJU-40)');
    expect(page).not.toMatch(/<script|https?:\/\//);
    expect(page).toContain('recognised by a person of the controller');
  });
});
