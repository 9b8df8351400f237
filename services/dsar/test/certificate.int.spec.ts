import { verifyCertificate } from '@heed/certificate';
import type { ErasureCertificate, SignedCertificate as Signed } from '@heed/certificate';
import { personErased } from '@heed/contracts-consent';
import { newEvent, uuidv7 } from '@heed/kernel';
import { vkeyOf } from '@heed/ledger';
import { eventually } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DsarUnderTest, STORES } from './dsar-under-test.js';

type SignedCertificate = Signed<ErasureCertificate>;
let heed: DsarUnderTest;

beforeAll(async () => {
  heed = await DsarUnderTest.start(['ajuni', 'aurigen']);
  await heed.prepare('ajuni');
});
afterAll(() => heed.stop());

/** A case whose every store has answered. */
async function closed(): Promise<{ id: string; ref: string; dispatchId: string }> {
  const opened = await heed.approved();
  const command = await heed.clear(opened.dispatchId).then(() => heed.command(opened.dispatchId));
  await heed.bus.publish(...STORES.map((store) => heed.stores.answer(command, store)));
  await eventually(async () => expect((await heed.request(opened.id))['state']).toBe('closed'), { timeoutMs: 20_000 });
  return opened;
}

async function certificateOf(id: string, tenant = 'ajuni'): Promise<SignedCertificate> {
  const answer = await eventually(async () => {
    const now = await heed.call('GET', `/v1/requests/${id}/certificate`, undefined, tenant, ['auditor']);
    expect(now.status).toBe(200);
    return now;
  }, { timeoutMs: 20_000 });
  return answer.body as unknown as SignedCertificate;
}

async function vkey(): Promise<string> {
  return String((await heed.call('GET', '/v1/ledger/dsar', undefined, 'ajuni', ['auditor'])).body['key']);
}

async function forgotten(ref: string, requestId: string, outcome: 'erased' | 'kept'): Promise<string> {
  const ledgerEntryId = uuidv7();
  const counts = outcome === 'erased' ? { identifiers: 2, keys: 1 } : { identifiers: 0, keys: 0 };
  const data = { requestId, ref, aliases: [], outcome, ...counts, erasedAt: heed.clock.now().toISOString(), ledgerEntryId };
  await heed.bus.publish(newEvent(personErased, { source: '/heed/consent', tenant: 'ajuni', key: ref, clock: heed.clock, data }));
  return ledgerEntryId;
}

describe('the certificate of an erasure', () => {
  it("holds with the ledger's own key, and shows that each act it speaks of stands in the ledger", async () => {
    const { id, dispatchId } = await closed();
    const signed = await certificateOf(id);
    expect([...Object.keys(signed), ...Object.keys(signed.certificate).slice(0, 3)], 'in the order in which it is read').toEqual(['certificate', 'proof', 'key', 'ledger', 'schema', 'id', 'tenant']);
    const report = verifyCertificate(signed, { keys: [await vkey()] });
    expect(report.findings.filter(({ ok }) => !ok)).toEqual([]);
    expect(report).toMatchObject({ ok: true, trusted: true, kind: 'erasure', tenant: 'ajuni' });
    const records = signed.ledger.map(({ record }) => ('data' in record ? record : undefined));
    expect(records.map((record) => record?.kind)).toEqual([
      'certificate.issued', 'request.opened', 'request.verified', 'request.approved', ...STORES.map(() => 'target.acknowledged'),
    ]);
    expect(records[3]?.data).toMatchObject({ requestId: id, actor: signed.certificate.approved.by, dispatchId });
    expect(records.slice(4).map((record) => record?.data['dataStore']).sort()).toEqual([...STORES].sort());
  });

  it("is told from one of another tenant's ledger", async () => {
    const { id } = await closed();
    const signed = await certificateOf(id);
    expect(verifyCertificate(signed, { keys: [vkeyOf('heed/dsar/aurigen', signed.key.x)] })).toMatchObject({ ok: false, findings: expect.arrayContaining([expect.objectContaining({ what: 'key', ok: false })]) });
    expect((await heed.call('GET', `/v1/requests/${id}/certificate`, undefined, 'aurigen', ['auditor'])).status).toBe(404);
  });

  it('is the same file whenever it is asked for, and has its evidence when nobody asks', async () => {
    const { id } = await closed();
    const { certificateId } = (await heed.request(id)) as { certificateId: string };
    await eventually(async () => {
      expect(await heed.dsar.sql('SELECT 1 FROM t_ajuni.certificate_evidence WHERE certificate_id = $1', [certificateId])).toHaveLength(1);
      expect(await heed.dsar.sql('SELECT 1 FROM t_ajuni.certificate_awaiting_evidence WHERE certificate_id = $1', [certificateId])).toEqual([]);
    }, { timeoutMs: 20_000 });
    const first = await certificateOf(id);
    await closed(); // the ledger has grown
    expect(await certificateOf(id)).toEqual(first);
  });

  it('is renewed when Heed itself has forgotten who the person was, and names the entry that says so', async () => {
    const { id, ref } = await closed();
    const first = await certificateOf(id);
    expect(first.certificate.identity).toBeNull();
    const entryId = await forgotten(ref, id, 'erased');
    const renewed = await eventually(async () => {
      const now = await certificateOf(id);
      return now.certificate.id !== first.certificate.id && now;
    }, { timeoutMs: 20_000 });
    expect(renewed.certificate).toMatchObject({
      supersedes: first.certificate.id, dispatches: first.certificate.dispatches,
      identity: { outcome: 'erased', identifiers: 2, keys: 1, ledger: { origin: 'heed/consent/ajuni', entryId } },
    });
    expect(verifyCertificate(renewed, { keys: [await vkey()] })).toMatchObject({ ok: true, trusted: true });
    const { timeline } = (await heed.request(id)) as { timeline: { kind: string }[] };
    expect(timeline.map(({ kind }) => kind).slice(-3)).toEqual(['closed', 'person_erased', 'certificate_renewed']);
    const page = await heed.call('GET', `/v1/requests/${id}/certificate`, undefined, 'ajuni', ['dpo'], { accept: 'text/html' });
    expect(page.body['text']).toContain('2 identifiers of the person were deleted');
  });

  it('says so where the person came back and was kept', async () => {
    const { id, ref } = await closed();
    await forgotten(ref, id, 'kept');
    await eventually(async () => expect((await certificateOf(id)).certificate.identity).toMatchObject({ outcome: 'kept', keys: 0 }), { timeoutMs: 20_000 });
    const { timeline } = (await heed.request(id)) as { timeline: { kind: string }[] };
    expect(timeline.map(({ kind }) => kind)).toContain('person_kept');
  });
});
