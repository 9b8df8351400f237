import { NOT_STATED, RECEIPT_CONTEXT } from '@heed/certificate';
import type { ConsentReceipt } from '@heed/certificate';
import { basisOf, loadSamplePack, noticeHash } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { RECORDED_STATES } from '../src/consent-record/decision.js';
import { buildReceipt } from '../src/receipt/build-receipt.js';
import type { RegisterRow } from '../src/receipt/register.store.js';
import { schemaFaults, shapeFaults } from './receipt-shape.js';

const PACKS = ['ajuni', 'auronx', 'askasia', 'aurigen', 'ahurasense'] as const;
const AT = new Date('2026-11-21T10:00:00Z');

/** A row of the register about a purpose, in every state that there is, newest first. */
function rowsOf(pack: PolicyPack, purpose: string, jurisdiction: string | null): readonly RegisterRow[] {
  const notice = pack.notices.consent.find(({ purposes }) => purposes.includes(purpose));
  const language = notice && Object.keys(notice.texts)[0];
  const hash = notice && language ? noticeHash(notice, language) : undefined;
  return RECORDED_STATES.map((state, i) => ({
    id: `019a0000-0000-7000-8000-${String(i).padStart(12, '0')}`, ref: `sub_${'1'.repeat(32)}`, version: i + 1, purpose, state, tookEffect: true, policyVersion: 1,
    notice: notice && language && hash ? { id: notice.id, version: notice.version, language, hash } : null, method: 'web_form', actor: 'test', occurredAt: AT, recordedAt: AT,
    jurisdiction, basis: null, validUntil: null, domain: i % 2 ? 'shop.example' : '', detail: i % 3 ? null : { parentalConsent: { method: 'signed_form' } },
  }));
}

function receiptOf(pack: PolicyPack, purpose: string, jurisdiction: string | null): ConsentReceipt {
  const history = rowsOf(pack, purpose, jurisdiction);
  return buildReceipt({ row: history[0]!, history, complete: true, present: 'given' }, () => pack);
}

const faults = (receipt: ConsentReceipt): Promise<readonly string[]> => shapeFaults({ '@context': RECEIPT_CONTEXT, ...receipt });

describe('a receipt from the policy of', () => {
  it.each(PACKS)('%s holds against schema and shape, for every purpose, place and state, and names the ground of that place', async (tenant) => {
    const pack = loadSamplePack(tenant);
    const places = [null, ...pack.jurisdictions.list.map(({ id }) => id)];
    for (const purpose of pack.purposes) {
      for (const place of places) {
        const receipt = receiptOf(pack, purpose.id, place);
        expect(schemaFaults(receipt), `${purpose.id} in ${place}`).toBe('');
        const ground = basisOf(pack, purpose, place ?? undefined);
        const { processing, event, party } = receipt.record;
        expect(processing.lawful_basis).toEqual({ basis: ground?.basis ?? NOT_STATED, reference: ground?.reference ?? NOT_STATED });
        expect(event[0]?.validity_duration).toBe(purpose.consentValidity?.value ?? 'until_withdrawn');
        expect(party[0]).toMatchObject({ party_name: pack.tenant.controller.value, party_address: pack.tenant.address?.value ?? NOT_STATED, party_contact: pack.tenant.contacts.privacy.value });
      }
      expect(await faults(receiptOf(pack, purpose.id, null)), purpose.id).toEqual([]);
    }
    for (const never of pack.neverPurposes) {
      const receipt = receiptOf(pack, never.id, null);
      expect(schemaFaults(receipt), `${never.id}`).toBe('');
      expect(await faults(receipt)).toEqual([]);
    }
  });

  it('a version in which a purpose is not any more says that it does not say', async () => {
    const receipt = receiptOf(loadSamplePack('ajuni'), 'abandoned', 'BR');
    expect(schemaFaults(receipt)).toBe('');
    expect(await faults(receipt)).toEqual([]);
    expect(receipt.record.processing).toMatchObject({
      purpose: { id: 'abandoned', title: NOT_STATED }, lawful_basis: { basis: NOT_STATED }, authority_party: NOT_STATED, jurisdiction: 'BR',
      retention_period: [{ pii_type: NOT_STATED, duration: NOT_STATED }], recipient_third_parties: 'none',
    });
  });
});
