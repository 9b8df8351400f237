import { FieldVault } from '@heed/key-store';
import { UnitOfWork } from '@heed/persistence';
import { eventually } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { sealedCases } from '../src/case/adapters/case-rotation.js';
import { CaseVault } from '../src/case/adapters/case-vault.js';
import { DsarUnderTest } from './dsar-under-test.js';

let heed: DsarUnderTest;

beforeAll(async () => {
  heed = await DsarUnderTest.start(['ajuni']);
  await heed.prepare('ajuni');
});
afterAll(() => heed.stop());

const kindsOf = async (id: string): Promise<readonly string[]> => ((await heed.request(id))['timeline'] as { kind: string }[]).map((line) => line.kind);

it('who asks is found though their identifiers came under a new key, and the former was destroyed, just after they were read', async () => {
  await heed.consent.goAway();
  const id = String((await heed.open(`${randomUUID()}@example.com`)).body['id']);
  const { app } = heed.dsar.service;
  const open = vi.spyOn(app.get(CaseVault, { strict: false }), 'open').mockImplementationOnce(async (tenant, words) => {
    await app.get(UnitOfWork).run(tenant, (tx) => sealedCases.reseal(tx, [id], app.get(FieldVault)));
    return words.map(() => undefined); // what was read before is under a key that is gone
  });
  await eventually(() => open.mock.calls.length > 1);
  await heed.consent.comeBack();
  await heed.said('heed.dsar.message_wanted.v1', { requestId: id, template: 'request_received' });
  expect((await heed.request(id))['ref']).toMatch(/^sub_/);
  expect(await kindsOf(id)).toContain('person_found');
  expect(await kindsOf(id)).not.toContain('person_not_identifiable');
});

it('a case whose key is gone for good names nobody, and says so', async () => {
  await heed.consent.goAway();
  const id = String((await heed.open(`${randomUUID()}@example.com`)).body['id']);
  await heed.dsar.sql(`UPDATE t_ajuni.unresolved_person SET sealed = overlay(sealed placing '\\x07070707070707070707070707070707'::bytea from 2) WHERE request_id = $1`, [id]);
  await eventually(async () => expect(await kindsOf(id)).toContain('person_not_identifiable'), { timeoutMs: 20_000 });
  await heed.consent.comeBack();
});
