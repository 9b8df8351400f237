import { PROFILE } from '@heed/certificate';
import type { ConsentReceipt, EventState, ReceiptEvent } from '@heed/certificate';
import { purposeOf } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import type { Decision, RecordedState } from '../consent-record/decision.js';
import { controllerId, partiesOf } from './parties.js';
import { piiOf, processingOf } from './processing.js';
import { standardId } from './receipt-id.js';
import type { RegisterRow } from './register.store.js';

/** The policy of a version that is or was in force. */
export type PackOf = (version: number) => PolicyPack;

export interface Told {
  /** The decision that this is the receipt of. */
  readonly row: RegisterRow;
  /** What is told of its purpose, newest first; the decision is among it. */
  readonly history: readonly RegisterRow[];
  readonly complete: boolean;
  readonly present: Decision | undefined;
}

/** The record of ISO/IEC TS 27560, and the receipt that is a copy of it, from the register and the policy of its time. */
export function buildReceipt({ row, history, complete, present }: Told, packOf: PackOf): ConsentReceipt {
  const pack = packOf(row.policyVersion);
  const parties = partiesOf(pack, row.purpose, row.jurisdiction ?? undefined);
  return {
    type: 'ConsentReceipt',
    schema_version: PROFILE,
    receipt_id: standardId('receipt', row.id),
    record: {
      type: 'ConsentRecord',
      schema_version: PROFILE,
      record_id: standardId('record', row.id),
      pii_principal_id: row.ref,
      processing: processingOf(pack, row, parties),
      pii: piiOf(pack, row),
      party: parties.all,
      event: history.map((one) => eventOf(one, packOf(one.policyVersion))),
      register: { record_id: row.id, history_complete: complete, present_state: present ?? null },
    },
  };
}

const OF_THE_PERSON = new Set<RecordedState>(['given', 'renewed_given', 'refused', 'withdrawn', 'objected']);

function eventOf(row: RegisterRow, pack: PolicyPack): ReceiptEvent {
  const own = OF_THE_PERSON.has(row.state);
  return {
    event_time: row.occurredAt.toISOString(),
    validity_duration: validityOf(row, pack),
    entity_id: own ? row.ref : controllerId(pack),
    event_type: own ? 'expressed' : 'recorded',
    event_state: standardState(row.state),
    register: {
      record_id: row.id, state: row.state, took_effect: row.tookEffect, version: row.version, notice: row.notice, method: row.method, actor: row.actor,
      recorded_at: row.recordedAt.toISOString(), policy_version: row.policyVersion, valid_until: row.validUntil?.toISOString() ?? null,
      jurisdiction: row.jurisdiction, domain: row.domain || null, detail: row.detail,
    },
  };
}

/** The standard is about consent and knows no objection to a legitimate interest: it is the person's no. */
const standardState = (state: RecordedState): EventState => (state === 'objected' ? 'refused' : state);

function validityOf({ state, purpose }: RegisterRow, pack: PolicyPack): string {
  if (state !== 'given' && state !== 'renewed_given') return 'not_applicable';
  return purposeOf(pack, purpose)?.consentValidity?.value ?? 'until_withdrawn';
}
