import type { LEGAL_BASES } from './processing.js';
import type { EventState } from './fields.js';

/** A term whose values are names of their own kind: `vocab` is put before a value that `names` does not translate. */
const named = (id: string, vocab: string, names: Readonly<Record<string, string>> = {}): object => ({
  '@id': id,
  '@type': '@vocab',
  '@context': { '@vocab': vocab, ...names },
});

const dateTime = (id: string): object => ({ '@id': id, '@type': 'xsd:dateTime' });
const set = (id: string, terms: object): object => ({ '@id': id, '@container': '@set', '@context': terms });
const asJson = (id: string): object => ({ '@id': id, '@type': '@json' });

const UNSTATED = { not_stated: 'heed:NotStated', none: 'heed:None' };
const PLACES = { UK: 'https://w3id.org/dpv/loc#GB', ...UNSTATED };
const LOC = 'https://w3id.org/dpv/loc#';

const BASIS: Readonly<Record<(typeof LEGAL_BASES)[number], string>> = {
  consent: 'dpv:Consent',
  contract: 'dpv:Contract',
  legal_obligation: 'dpv:LegalObligation',
  vital_interests: 'dpv:VitalInterest',
  public_task: 'dpv:PublicInterest',
  legitimate_interest: 'dpv:LegitimateInterest',
  legitimate_use: 'heed:LegitimateUse',
};

const STATUS: Readonly<Record<EventState, string>> = {
  given: 'dpv:ConsentGiven',
  renewed_given: 'dpv:RenewedConsentGiven',
  unknown: 'dpv:ConsentUnknown',
  requested: 'dpv:ConsentRequested',
  request_deferred: 'dpv:ConsentRequestDeferred',
  refused: 'dpv:ConsentRefused',
  withdrawn: 'dpv:ConsentWithdrawn',
  expired: 'dpv:ConsentExpired',
  terminated: 'dpv:ConsentRevoked',
  invalidated: 'dpv:ConsentInvalidated',
};

const NOTICE = { id: 'dct:identifier', version: 'dct:hasVersion', language: 'dct:language', hash: 'heed:sha256' };

const PROCESS = {
  privacy_notice: { '@id': 'dpv:hasNotice', '@context': NOTICE },
  language: 'dct:language',
  purpose: { '@id': 'dpv:hasPurpose', '@context': { id: 'dct:identifier', title: 'dct:title', description: 'dct:description' } },
  purpose_type: named('dct:type', 'https://heed.dev/ns#', { marketing: 'dpv:Marketing', service: 'dpv:ServiceProvision' }),
  lawful_basis: { '@id': 'dpv:hasLegalBasis', '@context': { basis: '@type', reference: 'dct:source', ...BASIS, ...UNSTATED } },
  pii_information: named('dpv:hasPersonalData', 'urn:heed:data:'),
  pii_controllers: named('dpv:hasDataController', 'urn:heed:party:'),
  collection_method: 'dpv:hasDataSource',
  processing_method: named('dpv:hasProcessing', 'https://w3id.org/dpv#', {
    collect: 'dpv:Collect', store: 'dpv:Store', use: 'dpv:Use', profiling: 'dpv:Profiling',
  }),
  storage_locations: set('dpv:hasStorageCondition', { location: named('dpv:hasLocation', LOC, PLACES) }),
  retention_period: set('dpv:hasStorageCondition', {
    pii_type: named('dpv:hasPersonalData', 'urn:heed:data:'), duration: 'dpv:hasDuration', counted_from: 'heed:countedFrom',
  }),
  processing_locations: named('dpv:hasLocation', LOC, PLACES),
  jurisdiction: named('dpv:hasJurisdiction', LOC, PLACES),
  recipient_third_parties: named('dpv:hasRecipient', 'urn:heed:party:', UNSTATED),
  withdrawal_method: named('dpv:hasConsentControl', 'urn:heed:withdrawal:'),
  privacy_rights: named('dpv:hasRight', 'urn:heed:right:'),
  authority_party: named('dpv:hasAuthority', 'urn:heed:party:', UNSTATED),
};

const PII = {
  pii_type: named('dct:type', 'urn:heed:data:'),
  pii_attribute_id: 'dct:description',
  pii_optional: 'heed:optional',
  special_pii_category: 'heed:specialCategory',
};

const PARTY = {
  party_id: '@id',
  party_name: 'dpv:hasName',
  party_address: 'dpv:hasAddress',
  party_contact: 'dpv:hasContact',
  party_type: named('dct:type', 'https://heed.dev/ns#'),
  party_role: '@type',
  controller: 'dpv:DataController',
  processor: 'dpv:DataProcessor',
  authority: 'dpv:DataProtectionAuthority',
  party_email: 'heed:email',
  party_url: 'heed:url',
};

/** What the register knows besides: beside the standard's own, under Heed's names. */
const REGISTERED = {
  record_id: 'heed:recordId',
  state: 'heed:state',
  took_effect: 'heed:tookEffect',
  version: 'heed:version',
  notice: { '@id': 'dpv:hasNotice', '@context': NOTICE },
  method: 'dpv:hasIndicationMethod',
  actor: 'heed:actor',
  recorded_at: dateTime('dct:created'),
  policy_version: 'heed:policyVersion',
  valid_until: dateTime('dct:valid'),
  jurisdiction: named('dpv:hasJurisdiction', LOC, PLACES),
  domain: 'heed:domain',
  detail: asJson('heed:detail'),
  history_complete: 'heed:historyComplete',
  present_state: 'heed:presentState',
};

const EVENT = {
  event_time: dateTime('dpv:isIndicatedAtTime'),
  validity_duration: 'dpv:hasDuration',
  entity_id: named('dpv:isIndicatedBy', 'urn:heed:subject:'),
  event_type: named('dpv:hasLegalBasis', 'https://heed.dev/ns#', { expressed: 'dpv:ExpressedConsent', recorded: 'dpv:Consent' }),
  event_state: '@type',
  ...STATUS,
  register: { '@id': 'heed:register', '@context': REGISTERED },
};

const RECORD = {
  record_id: 'dct:identifier',
  pii_principal_id: named('dpv:hasDataSubject', 'urn:heed:subject:'),
  processing: { '@id': 'dpv:hasProcess', '@context': PROCESS },
  pii: set('dpv:hasPersonalData', PII),
  party: set('dpv:hasEntity', PARTY),
  event: set('dpv:hasConsentStatus', EVENT),
  register: { '@id': 'heed:register', '@context': REGISTERED },
};

const RECEIPT = {
  receipt_id: 'dct:identifier',
  record: { '@id': 'dct:hasPart', '@context': RECORD },
};

/**
 * How a receipt is read as linked data: the standard's JSON names as terms of the Data Privacy Vocabulary. It stands in
 * the document itself, so that nothing is fetched to read one.
 */
export const RECEIPT_CONTEXT = {
  '@version': 1.1,
  dpv: 'https://w3id.org/dpv#',
  dct: 'http://purl.org/dc/terms/',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
  heed: 'https://heed.dev/ns#',
  type: '@type',
  ConsentReceipt: 'dpv:ConsentReceipt',
  ConsentRecord: 'dpv:ConsentRecord',
  schema_version: { '@id': 'dct:conformsTo', '@type': '@id' },
  ...RECEIPT,
  certificate: {
    '@id': 'heed:certificate',
    '@context': {
      schema: 'heed:schema', id: 'dct:identifier', tenant: asJson('heed:tenant'), issuedAt: dateTime('dct:issued'), supersedes: 'dct:replaces',
      receipt: { '@id': 'heed:receipt', '@context': RECEIPT },
    },
  },
  proof: asJson('heed:proof'),
  key: asJson('heed:key'),
  ledger: asJson('heed:ledger'),
} as const;
