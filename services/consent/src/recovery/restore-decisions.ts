import { consentGiven, consentRefused, consentWithdrawn } from '@heed/contracts-consent';
import { derivedId } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import type { Heard, Lost } from '@heed/recovery';
import type { Tx } from '@heed/persistence';
import { z } from 'zod';
import type { Decision } from '../consent-record/decision.js';

const KINDS: Readonly<Record<string, Decision>> = { 'consent.given': 'given', 'consent.refused': 'refused', 'consent.withdrawn': 'withdrawn' };
const recorded = z.object({ version: z.int(), purposes: z.array(z.string()), dispatchId: z.string() });
const TYPES = new Map([consentGiven, consentRefused, consentWithdrawn].map((definition) => [definition.type, definition]));

/** One purpose of a decision that the copy lacks. */
export interface LostDecision {
  readonly id: string;
  readonly ref: string;
  readonly version: number;
  readonly purpose: string;
  readonly state: Decision;
  readonly dispatchId: string;
  readonly method: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
  /** The event of ingress that it came with, where it came so and is still there. */
  readonly heard: Heard | undefined;
}

/** The decisions that the ledger tells of, with what the events of the time know besides. */
export function lostDecisions({ records, published, ingress }: Lost): readonly LostDecision[] {
  const told = toldDecisions(published);
  return records.flatMap((record) => {
    const state = KINDS[record.kind];
    const data = recorded.safeParse(record.data);
    if (!state || !data.success || record.ref === undefined) return [];
    const { ref, at } = record;
    const { version, purposes, dispatchId } = data.data;
    const event = told.get(dispatchId);
    return purposes.map((purpose) => ({
      id: event?.records.find((one) => one.purpose === purpose)?.id ?? derivedId('recovered', record.id, purpose),
      ref, version, purpose, state, dispatchId, recordedAt: at,
      method: event?.channel ?? 'recovered',
      occurredAt: event?.occurredAt ?? at,
      heard: ingress.get(event?.causationId ?? ''),
    }));
  });
}

type Told = z.output<typeof consentGiven.data> & { readonly causationId: string | undefined };

function toldDecisions(published: readonly HeedEvent[]): ReadonlyMap<string, Told> {
  const told = new Map<string, Told>();
  for (const event of published) {
    const parsed = TYPES.get(event.type)?.data.safeParse(event.data);
    if (parsed?.success) told.set(parsed.data.dispatchId, { ...parsed.data, causationId: event.causationId });
  }
  return told;
}

/** People under their refs, the register, and who decided what at present: a withdrawal counts again from the commit on. */
export async function restoreDecisions(tx: Tx, decisions: readonly LostDecision[]): Promise<void> {
  if (decisions.length === 0) return;
  const people = new Map<string, { ref: string; version: number; at: string }>();
  for (const { ref, version, recordedAt: at } of decisions) {
    const before = people.get(ref);
    people.set(ref, { ref, version: Math.max(version, before?.version ?? 0), at: before?.at ?? at });
  }
  await tx.query(
    `INSERT INTO subject (ref, version, created_at) SELECT ref, version, at FROM jsonb_to_recordset($1::jsonb) AS p(ref text, version bigint, at timestamptz) ORDER BY ref
     ON CONFLICT (ref) DO UPDATE SET version = GREATEST(subject.version, excluded.version)`,
    [JSON.stringify([...people.values()])],
  );
  const shape = `id uuid, ref text, version bigint, purpose text, state text, method text, "occurredAt" timestamptz, "recordedAt" timestamptz`;
  await tx.query(
    `INSERT INTO consent_record (id, ref, version, purpose, state, took_effect, policy_version, method, actor, occurred_at, recorded_at)
     SELECT id, ref, version, purpose, state, true, coalesce((SELECT max(v.version) FROM policy_version v WHERE v.effective_from <= "recordedAt"), 1),
            method, 'recovered', "occurredAt", "recordedAt" FROM jsonb_to_recordset($1::jsonb) AS d(${shape})
     ON CONFLICT (id) DO NOTHING`,
    [JSON.stringify(decisions.map(({ heard: _, ...decision }) => decision))],
  );
  // By version: that counts a person's decisions as they were made, while a ledger has them in the order of transactions.
  const newest = new Map([...decisions].sort((a, b) => a.version - b.version).map((decision) => [`${decision.ref} ${decision.purpose}`, decision]));
  await tx.query(
    `INSERT INTO consent_state AS c (ref, purpose, state, record_id, occurred_at)
     SELECT ref, purpose, state, id, CASE WHEN state = 'given' THEN "occurredAt" ELSE "recordedAt" END FROM jsonb_to_recordset($1::jsonb) AS d(${shape})
     ON CONFLICT (ref, purpose, domain) DO UPDATE SET state = excluded.state, record_id = excluded.record_id, occurred_at = excluded.occurred_at
      WHERE coalesce((SELECT version FROM consent_record WHERE id = c.record_id), 0) <= (SELECT version FROM consent_record WHERE id = excluded.record_id)`,
    [JSON.stringify([...newest.values()].map(({ heard: _, ...decision }) => decision))],
  );
}
