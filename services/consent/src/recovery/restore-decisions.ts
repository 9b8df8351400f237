import { consentEvents } from '@heed/contracts-consent';
import { derivedId } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import type { Heard, Lost } from '@heed/recovery';
import type { Tx } from '@heed/persistence';
import { addDuration, calendarOf, purposeOf } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { z } from 'zod';
import { DECISIONS, isNo } from '../consent-record/decision.js';
import type { Decision } from '../consent-record/decision.js';

/** How the ledger calls each decision. */
const KINDS: ReadonlyMap<string, Decision> = new Map(DECISIONS.map((decision) => [`consent.${decision}`, decision]));
const recorded = z.object({
  version: z.int(), purposes: z.array(z.string()), dispatchId: z.string().optional(), domain: z.string().optional(), jurisdiction: z.string().optional(),
});
/** What every event that tells of a decision has. */
const told = z.object({
  dispatchId: z.string(), channel: z.string(), occurredAt: z.string(), records: z.array(z.object({ id: z.string(), purpose: z.string() })),
});
const TYPES = new Set<string>(consentEvents.map(({ type }) => type));

/** One purpose of a decision that the copy lacks. */
export interface LostDecision {
  readonly id: string;
  readonly ref: string;
  readonly version: number;
  readonly purpose: string;
  readonly state: Decision;
  /** Undefined where no store was told: of a question that is open. */
  readonly dispatchId: string | undefined;
  readonly domain: string;
  readonly jurisdiction: string | null;
  readonly method: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
  /** The event of ingress that it came with, where it came so and is still there. */
  readonly heard: Heard | undefined;
}

/** The decisions that the ledger tells of, with what the events of the time know besides. */
export function lostDecisions({ records, published, ingress }: Lost): readonly LostDecision[] {
  const events = toldDecisions(published);
  return records.flatMap((record) => {
    const state = KINDS.get(record.kind);
    const data = recorded.safeParse(record.data);
    if (!state || !data.success || record.ref === undefined) return [];
    const { ref, at } = record;
    const { version, purposes, dispatchId, domain, jurisdiction } = data.data;
    const event = events.get(dispatchId ?? '');
    return purposes.map((purpose) => ({
      id: event?.records.find((one) => one.purpose === purpose)?.id ?? derivedId('recovered', record.id, purpose),
      ref, version, purpose, state, dispatchId, domain: domain ?? '', jurisdiction: jurisdiction ?? null, recordedAt: at,
      method: event?.channel ?? 'recovered',
      occurredAt: event?.occurredAt ?? at,
      heard: ingress.get(event?.causationId ?? ''),
    }));
  });
}

type Told = z.output<typeof told> & { readonly causationId: string | undefined };

function toldDecisions(published: readonly HeedEvent[]): ReadonlyMap<string, Told> {
  const found = new Map<string, Told>();
  for (const event of published) {
    const parsed = TYPES.has(event.type) ? told.safeParse(event.data) : undefined;
    if (parsed?.success) found.set(parsed.data.dispatchId, { ...parsed.data, causationId: event.causationId });
  }
  return found;
}

type Dated = Omit<LostDecision, 'heard'> & { readonly policyVersion: number; readonly validUntil: Date | null };
const SHAPE = `id uuid, ref text, version bigint, purpose text, domain text, state text, jurisdiction text, method text, "policyVersion" int,
  "occurredAt" timestamptz, "recordedAt" timestamptz, "validUntil" timestamptz`;

/** People under their refs, the register, and who decided what at present: a withdrawal counts again from the commit on. */
export async function restoreDecisions(tx: Tx, decisions: readonly LostDecision[], policies: PolicyStore): Promise<void> {
  if (decisions.length === 0) return;
  const dated = await withPolicies(tx, decisions, policies);
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
  await tx.query(
    `INSERT INTO consent_record (id, ref, version, purpose, domain, state, took_effect, policy_version, method, actor, occurred_at, recorded_at, jurisdiction, valid_until)
     SELECT id, ref, version, purpose, domain, state, true, "policyVersion", method, 'recovered', "occurredAt", "recordedAt", jurisdiction, "validUntil"
       FROM jsonb_to_recordset($1::jsonb) AS d(${SHAPE})
     ON CONFLICT (id) DO NOTHING`,
    [JSON.stringify(dated)],
  );
  // By version: that counts a person's decisions as they were made, while a ledger has them in the order of transactions.
  const inOrder = dated.toSorted((a, b) => a.version - b.version);
  await moveStates(tx, [...new Map(inOrder.map((one) => [`${one.ref} ${one.purpose} ${one.domain}`, one])).values()]);
  await spreadNos(tx, [...new Map(inOrder.filter(({ state, domain }) => domain === '' && isNo(state)).map((one) => [`${one.ref} ${one.purpose}`, one])).values()]);
}

/** Versions that stores have heard of people, also where nothing was decided anew: a later decision must come after them. */
export async function restoreVersions(tx: Tx, { records }: Pick<Lost, 'records'>): Promise<void> {
  const said = records.flatMap(({ kind, ref, data }) => {
    const told = kind === 'consent.restated' ? recorded.safeParse(data) : undefined;
    return ref !== undefined && told?.success ? [{ ref, version: told.data.version }] : [];
  });
  if (said.length === 0) return;
  await tx.query(
    `UPDATE subject s SET version = GREATEST(s.version, n.version)
       FROM (SELECT ref, max(version) AS version FROM jsonb_to_recordset($1::jsonb) AS v(ref text, version bigint) GROUP BY ref) AS n WHERE n.ref = s.ref`,
    [JSON.stringify(said)],
  );
}

/** Under which policy each was made, and until when a yes holds by it: the ledger has neither. */
async function withPolicies(tx: Tx, decisions: readonly LostDecision[], policies: PolicyStore): Promise<readonly Dated[]> {
  const versions = await tx.query<{ version: number; from: Date }>('SELECT version, effective_from AS "from" FROM policy_version ORDER BY version');
  const dated: Dated[] = [];
  for (const { heard: _, ...decision } of decisions) {
    const at = new Date(decision.recordedAt);
    const policyVersion = versions.findLast(({ from }) => from <= at)?.version ?? 1;
    dated.push({ ...decision, policyVersion, validUntil: decision.state === 'given' ? await endOf(tx, decision, policyVersion, policies) : null });
  }
  return dated;
}

async function endOf(tx: Tx, { purpose, occurredAt }: Omit<LostDecision, 'heard'>, version: number, policies: PolicyStore): Promise<Date | null> {
  const { pack } = await policies.version(tx, version);
  const validity = purposeOf(pack, purpose)?.consentValidity?.value;
  return validity === undefined ? null : addDuration(new Date(occurredAt), validity, calendarOf(pack));
}

async function moveStates(tx: Tx, newest: readonly Dated[]): Promise<void> {
  await tx.query(
    `INSERT INTO consent_state AS c (ref, purpose, domain, state, record_id, occurred_at, valid_until)
     SELECT ref, purpose, domain, state, id, CASE WHEN state = 'given' THEN "occurredAt" ELSE "recordedAt" END, "validUntil"
       FROM jsonb_to_recordset($1::jsonb) AS d(${SHAPE})
     ON CONFLICT (ref, purpose, domain) DO UPDATE SET state = excluded.state, record_id = excluded.record_id, occurred_at = excluded.occurred_at,
       valid_until = excluded.valid_until, notice_id = NULL, notice_version = NULL
      WHERE coalesce((SELECT version FROM consent_record WHERE id = c.record_id), 0) <= (SELECT version FROM consent_record WHERE id = excluded.record_id)`,
    [JSON.stringify(newest)],
  );
}

/** A no that was said without naming a domain holds on every domain on which nothing was decided since. */
async function spreadNos(tx: Tx, nos: readonly Dated[]): Promise<void> {
  if (nos.length === 0) return;
  await tx.query(
    `UPDATE consent_state c SET state = d.state, record_id = d.id, occurred_at = d."recordedAt", valid_until = NULL, notice_id = NULL, notice_version = NULL
       FROM jsonb_to_recordset($1::jsonb) AS d(${SHAPE})
      WHERE c.ref = d.ref AND c.purpose = d.purpose AND c.domain <> '' AND (SELECT version FROM consent_record WHERE id = c.record_id) < d.version`,
    [JSON.stringify(nos)],
  );
}
