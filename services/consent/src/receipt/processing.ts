import { NOT_STATED } from '@heed/certificate';
import type { ConsentReceipt } from '@heed/certificate';
import { basisOf, neverPurposeOf, purposeOf, resolveJurisdiction, retentionOf } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { vendorsOf } from './parties.js';
import type { Parties } from './parties.js';
import type { RegisterRow } from './register.store.js';

type Record27560 = ConsentReceipt['record'];

/** What the policy says of a purpose that was decided on, under the version that was in force then. */
export function processingOf(pack: PolicyPack, row: RegisterRow, parties: Parties): Record27560['processing'] {
  const purpose = purposeOf(pack, row.purpose);
  const place = row.jurisdiction ?? undefined;
  const ground = purpose && basisOf(pack, purpose, place);
  const home = pack.transfers.home.value;
  const regions = vendorsOf(pack, row.purpose).flatMap(({ region }) => region ?? []);
  return {
    privacy_notice: row.notice ?? NOT_STATED,
    language: row.notice?.language ?? NOT_STATED,
    purpose: { id: row.purpose, title: purpose?.title ?? neverPurposeOf(pack, row.purpose)?.title ?? NOT_STATED, description: purpose?.description ?? NOT_STATED },
    purpose_type: typesOf(purpose),
    // The register's own word for the ground: the policy may have another by now.
    lawful_basis: { basis: row.basis ?? ground?.basis ?? NOT_STATED, reference: (ground && (!row.basis || ground.basis === row.basis) && ground.reference) || NOT_STATED },
    pii_information: categoriesOf(pack, row),
    pii_controllers: [parties.controller],
    collection_method: row.method,
    processing_method: ['collect', 'store', 'use', ...(purpose?.profiling ? (['profiling'] as const) : [])],
    storage_locations: distinct([home, ...pack.transfers.pinned.map(({ region }) => region)]).map((location) => ({ location })),
    retention_period: categoriesOf(pack, row).map((category) => {
      const rule = retentionOf(pack, category);
      return { pii_type: category, duration: rule?.keep.value ?? NOT_STATED, counted_from: rule?.from ?? NOT_STATED };
    }),
    processing_locations: distinct([home, ...regions]),
    jurisdiction: row.jurisdiction ?? resolveJurisdiction(pack) ?? NOT_STATED,
    recipient_third_parties: parties.recipients.length > 0 ? parties.recipients : 'none',
    withdrawal_method: pack.consent.withdrawal.channels.map(({ channel }) => channel),
    privacy_rights: pack.requests.types.map(({ type }) => type),
    authority_party: parties.authority ?? NOT_STATED,
  };
}

/** The kinds of data that the purpose is about. */
export function piiOf(pack: PolicyPack, row: RegisterRow): Record27560['pii'] {
  const purpose = purposeOf(pack, row.purpose);
  // Nobody has to give for a yes of their own what a contract or a law does not ask for.
  const optional = !purpose || Object.values(purpose.bases).some(({ basis }) => basis === 'consent' || basis === 'legitimate_interest');
  return categoriesOf(pack, row).map((category) => {
    const declared = pack.dataCategories.find(({ id }) => id === category);
    return { pii_type: category, pii_attribute_id: declared?.examples ?? [], pii_optional: optional, special_pii_category: declared?.special ?? false };
  });
}

function categoriesOf(pack: PolicyPack, { purpose }: RegisterRow): string[] {
  return purposeOf(pack, purpose)?.categories ?? neverPurposeOf(pack, purpose)?.categories ?? [NOT_STATED];
}

function typesOf(purpose: ReturnType<typeof purposeOf>): Record27560['processing']['purpose_type'] {
  const types = [...(purpose?.marketing ? (['marketing'] as const) : []), ...(purpose?.profiling ? (['profiling'] as const) : [])];
  return types.length > 0 ? types : ['service'];
}

const distinct = (values: readonly string[]): string[] => [...new Set(values)];
