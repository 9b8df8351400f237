import type { AcknowledgementBody } from '@heed/contracts-fanout';
import { generateAgentKeys, publicJwk, signBody } from '@heed/crypto';
import type { OkpKey } from '@heed/crypto';
import { issuedEntry, ledgerOf, outcomeOf, signCertificate, totalsOf } from '../src/index.js';
import { PROFILE } from '../src/index.js';
import type {
  Certificate, ConsentCertificate, ErasureCertificate, NoticeCertificate, ReceiptCertificate, ReceiptEvent, SignedCertificate, WithdrawalCertificate,
} from '../src/index.js';
import { SmallLedger } from './small-ledger.js';

export const agent = generateAgentKeys().signing;
export const ledgerKey = generateAgentKeys().signing;
export const REF = `sub_${'1'.repeat(32)}`;
const ID = '019a0000-0000-7000-8000-00000000000';
export const REQUEST = `${ID}1`;
const tenant = { id: 'ajuni', name: 'Ajuni', controller: 'Ajuni & <Sons>' };

function acknowledged(dispatchId: string, outcome: 'done' | 'nothing_found', assurance: 'verified' | 'applied' | 'processor_attested', dataStore: string) {
  const rows = outcome === 'done' ? 7 : 0;
  const kept = outcome === 'done' && assurance === 'verified' ? [{ basis: 'tax law <8 years>', count: 2 }] : [];
  const body: AcknowledgementBody = {
    tenant: 'ajuni', dispatchId, owner: dispatchId.startsWith('dsr') ? 'dsar' : 'consent', dataStore, ref: REF, version: 1, commandId: REQUEST, outcome, assurance,
    rows, residue: 0, tables: [{ table: 'invoices', rows, residue: 0, kept }], reason: null, alreadyErased: false, journalPosition: 1,
    completedAt: '2026-11-21T10:00:00.000Z',
  };
  const key = publicJwk(agent) as Parameters<typeof outcomeOf>[1];
  return outcomeOf({ dataStore, state: outcome, evidence: { body, proof: signBody(body, agent) } }, key);
}

export function erasure(over: Partial<ErasureCertificate> = {}): ErasureCertificate {
  const id = `dsr_${REQUEST}`;
  const unknown = outcomeOf({ dataStore: 'archive', state: 'nothing_found', evidence: null }, undefined);
  const stores = [acknowledged(id, 'done', 'verified', 'crm'), acknowledged(id, 'done', 'processor_attested', 'mail-processor'), unknown];
  const dispatches = [{ id, closedAt: '2026-11-21T10:00:00.000Z', stores }];
  return {
    schema: 'heed.dev/certificate/erasure/v1', id: `${ID}2`, tenant,
    request: { id: REQUEST, type: 'erase', ref: REF, aliases: [], jurisdiction: 'IN', channel: 'api', receivedAt: '2026-11-20T12:30:00.000Z' },
    clocks: {
      acknowledgeBy: '2026-11-24T12:30:00.000Z', acknowledgedAt: '2026-11-20T12:31:00.000Z', due: '2026-12-20T12:30:00.000Z', extensions: 0,
      sources: { acknowledgeBy: 'AJU-39', due: 'AJU-40' },
    },
    policyVersion: 1, verified: { at: '2026-11-21T08:00:00.000Z', by: 'rina', method: 'operator_attested' }, approved: { at: '2026-11-21T09:00:00.000Z', by: 'omar' },
    dispatches, totals: totalsOf(dispatches), identity: null, issuedAt: '2026-11-21T10:00:01.000Z', supersedes: null, ...over,
  };
}

export function withdrawal(): WithdrawalCertificate {
  const id = `con_${REQUEST}`;
  const notAsked = [{ dataStore: 'telemetry', reason: 'purpose_not_used' }];
  const dispatches = [{ id, closedAt: '2026-11-21T10:00:00.000Z', ref: REF, version: 4, purposes: ['marketing_email'], notAsked, stores: [acknowledged(id, 'done', 'applied', 'crm')] }];
  return {
    schema: 'heed.dev/certificate/withdrawal/v1', id: `${ID}3`, tenant,
    withdrawal: {
      id: REQUEST, ref: REF, method: 'web_form', actor: 'signup-service', occurredAt: '2026-11-21T09:58:00.000Z', recordedAt: '2026-11-21T09:59:00.000Z',
      records: [{ id: `${ID}4`, ref: REF, purpose: 'marketing_email' }],
    },
    dispatches, totals: totalsOf(dispatches), issuedAt: '2026-11-21T10:00:01.000Z', supersedes: null,
  };
}

export function consent(): ConsentCertificate {
  const decided = { recordId: `${ID}5`, decision: 'given' as const, tookEffect: true, version: 3, method: 'web_form', occurredAt: '2026-11-20T09:00:00.000Z', recordedAt: '2026-11-20T09:00:01.000Z' };
  const later = { ...decided, recordId: `${ID}6`, decision: 'withdrawn' as const, version: 4, occurredAt: '2026-11-21T09:00:00.000Z', recordedAt: '2026-11-21T09:00:01.000Z' };
  return {
    schema: 'heed.dev/certificate/consent/v1', id: `${ID}7`, tenant, ref: REF, purpose: { id: 'marketing_email', title: 'News & <offers>', policyVersion: 1 },
    decision: { ...decided, actor: 'signup-service' }, notice: { id: 'signup', version: '1', language: 'en', hash: 'ab'.repeat(32) }, since: [later],
    present: { decision: 'withdrawn', recordId: later.recordId, since: later.recordedAt }, issuedAt: '2026-11-21T10:00:01.000Z', supersedes: null,
  };
}

export function notice(): NoticeCertificate {
  return {
    schema: 'heed.dev/certificate/notice/v1', id: `${ID}8`, tenant,
    notice: {
      id: REQUEST, policyVersion: 2, changes: ['Contact details: kept for <12> months instead of 24 months.'], channels: ['email'], channelsNeeded: 'all', audience: ['customer_admins'],
      announcedAt: '2026-10-20T10:00:00.000Z', publishedAt: null, effectiveFrom: '2026-11-25T00:00:00.000Z', endedAt: null,
    },
    deliveries: { recipients: 2, delivered: 2, failed: 0, first: '2026-10-20T10:00:05.000Z', last: '2026-10-21T08:00:00.000Z' },
    promise: {
      id: 'AJU-56', leadTime: 'P30D', countedFrom: 'delivery', from: '2026-10-21T08:00:00.000Z', earliest: '2026-11-20T08:00:00.000Z', daysGiven: 34, outcome: 'kept',
    },
    issuedAt: '2026-11-21T10:00:01.000Z', supersedes: null,
  };
}

const shown = { id: 'signup', version: '1', language: 'en', hash: 'ab'.repeat(32) };

function event(state: 'given' | 'withdrawn', version: number, at: string): ReceiptEvent {
  const register = {
    record_id: `${ID}${version}`, state, took_effect: true, version, notice: state === 'given' ? shown : null, method: 'web_form', actor: 'signup-service', recorded_at: at,
    policy_version: 1, valid_until: state === 'given' ? '2028-11-20T09:00:00.000Z' : null, jurisdiction: 'IN', domain: null, detail: null,
  };
  return { event_time: at, validity_duration: state === 'given' ? 'P24M' : 'not_applicable', entity_id: REF, event_type: 'expressed', event_state: state, register };
}

export function receipt(): ReceiptCertificate {
  const controller = 'urn:heed:party:ajuni';
  return {
    schema: 'heed.dev/certificate/receipt/v1', id: `${ID}9`, tenant, issuedAt: '2026-11-21T10:00:01.000Z', supersedes: null,
    receipt: {
      type: 'ConsentReceipt', schema_version: PROFILE, receipt_id: '00000000-0000-4000-8000-000000000001',
      record: {
        type: 'ConsentRecord', schema_version: PROFILE, record_id: '00000000-0000-4000-8000-000000000002', pii_principal_id: REF,
        processing: {
          privacy_notice: shown, language: 'en', purpose: { id: 'marketing_email', title: 'News & <offers>', description: 'By email.' }, purpose_type: ['marketing'],
          lawful_basis: { basis: 'consent', reference: 'DPDP 6' }, pii_information: ['contact'], pii_controllers: [controller], collection_method: 'web_form',
          processing_method: ['collect', 'store', 'use'], storage_locations: [{ location: 'IN' }], processing_locations: ['IN', 'UK'],
          retention_period: [{ pii_type: 'contact', duration: 'P24M', counted_from: 'last_interaction' }], jurisdiction: 'IN', recipient_third_parties: 'none',
          withdrawal_method: ['api', 'unsubscribe_link'], privacy_rights: ['access', 'erase'], authority_party: `${controller}:authority:IN`,
        },
        pii: [{ pii_type: 'contact', pii_attribute_id: ['name', 'work email'], pii_optional: true, special_pii_category: false }],
        party: [
          { party_id: controller, party_name: tenant.controller, party_address: 'not_stated', party_contact: 'privacy@ajuni.example', party_type: 'organisation', party_role: 'controller' },
          { party_id: `${controller}:authority:IN`, party_name: 'A board', party_address: 'not_stated', party_contact: 'not_stated', party_type: 'public_authority', party_role: 'authority' },
        ],
        event: [event('withdrawn', 4, '2026-11-21T09:00:00.000Z'), event('given', 3, '2026-11-20T09:00:00.000Z')],
        register: { record_id: `${ID}3`, history_complete: true, present_state: 'withdrawn' },
      },
    },
  };
}

/** What the ledger has of the acts that a certificate speaks of. */
type RecordedAct = [kind: string, data: Record<string, string | number | string[]>, ref?: string];
export function actsOf(c: Certificate): readonly RecordedAct[] {
  switch (c.schema) {
    case 'heed.dev/certificate/erasure/v1':
      return [
        ['request.approved', { requestId: c.request.id, actor: c.approved.by ?? '' }, c.request.ref],
        ['target.acknowledged', { dispatchId: `dsr_${REQUEST}`, dataStore: 'crm', outcome: 'done', assurance: 'verified', rows: 7, residue: 0 }, c.request.ref],
      ];
    case 'heed.dev/certificate/withdrawal/v1':
      return [['consent.withdrawn', { version: 4, purposes: ['marketing_email'], dispatchId: `con_${REQUEST}` }, c.withdrawal.ref]];
    case 'heed.dev/certificate/consent/v1':
      return [['consent.given', { version: 3, purposes: ['marketing_email', 'analytics'], dispatchId: `con_${REQUEST}` }, c.ref]];
    case 'heed.dev/certificate/receipt/v1':
      return [3, 4].map((version) => [`consent.${version === 3 ? 'given' : 'withdrawn'}`, { version, purposes: ['marketing_email'], dispatchId: `con_${REQUEST}` }, REF]);
    case 'heed.dev/certificate/notice/v1':
      return [['notice.delivered', { noticeId: c.notice.id, policyVersion: 2, recipientId: REQUEST, deliveredAt: '2026-10-21T08:00:00.000Z', recipients: 2, delivered: 2 }]];
  }
}

/** A certificate as it is handed out, by a ledger of its own. */
export async function issued(
  certificate: Certificate,
  { key = ledgerKey, origin = ledgerOf(certificate), acts = actsOf(certificate) }: { key?: OkpKey; origin?: string; acts?: readonly RecordedAct[] } = {},
): Promise<SignedCertificate> {
  const ledger = new SmallLedger(origin, key);
  const entry = issuedEntry(certificate, { requestId: REQUEST });
  const recorded = acts.map(([kind, data, ref]) => ledger.record(kind, data, ref));
  const own = ledger.record(entry.kind, entry.data, REF);
  return { ...signCertificate(certificate, key), ledger: await ledger.evidence([own, ...recorded]) };
}
