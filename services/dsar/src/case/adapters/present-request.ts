import type { Tx } from '@heed/persistence';
import { statusUrl } from '../../status-page/status-url.js';
import type { CaseVault } from './case-vault.js';
import type { RequestRow } from './request.store.js';

/** Opens what is sealed, for those who work the case; everybody else sees that there is something, not what. */
export interface Reading {
  readonly vault: CaseVault;
  readonly origin: string;
  readonly words: boolean;
}

export function presentSummary(row: RequestRow): Record<string, unknown> {
  return {
    id: row.id,
    type: row.type,
    state: row.state,
    ref: row.ref,
    asksAbout: row.asks_about,
    channel: row.channel,
    jurisdiction: row.jurisdiction,
    receivedAt: row.received_at,
    acknowledgedAt: row.acknowledged_at,
    clocks: {
      acknowledgeBy: row.acknowledge_by,
      due: row.due,
      sources: { acknowledgeBy: row.acknowledge_source, due: row.due_source },
      extensions: row.extensions,
    },
    closedAt: row.closed_at,
    dispatchIds: row.dispatch_ids,
    certificateId: row.certificate_id,
  };
}

interface TimelineRow {
  readonly kind: string;
  readonly at: Date;
  readonly actor: string;
  readonly data: Record<string, unknown>;
  readonly note: Buffer | null;
}

interface StoreRow {
  readonly dispatch_id: string;
  readonly data_store: string;
  readonly state: string;
  readonly rows: string | null;
  readonly residue: string | null;
  readonly kept: string | null;
  readonly acknowledged_at: Date | null;
}

/** A case with its timeline and what each store has answered. */
export async function presentRequest(tx: Tx, row: RequestRow, reading: Reading): Promise<Record<string, unknown>> {
  const timeline = await tx.query<TimelineRow>('SELECT kind, at, actor, data, note FROM request_event WHERE request_id = $1 ORDER BY seq', [row.id]);
  const stores = await tx.query<StoreRow>(
    `SELECT dispatch_id, data_store, state, rows, residue, kept, acknowledged_at FROM dispatch_target WHERE dispatch_id = ANY($1) ORDER BY dispatch_id, data_store`,
    [row.dispatch_ids],
  );
  const { vault, words } = reading;
  const [message, ...notes] = await wordsOf(tx, vault, row, words ? timeline : []);
  const number = (value: string | null): number | null => (value === null ? null : Number(value));
  return {
    ...presentSummary(row),
    policyVersion: row.policy_version,
    verified: row.verified_at && { at: row.verified_at, by: row.verified_by, method: row.verification_method },
    approved: row.approved_at && { at: row.approved_at, by: row.approved_by },
    statusUrl: statusUrl(reading.origin, await vault.token(tx.tenant, row)),
    ...(words ? { message: message ?? null } : {}),
    timeline: timeline.map(({ kind, at, actor, data }, i) => ({ kind, at, actor, ...data, ...(notes[i] === undefined ? {} : { note: notes[i] }) })),
    stores: stores.map((store) => ({
      dataStore: store.data_store,
      dispatchId: store.dispatch_id,
      state: store.state,
      rows: number(store.rows),
      residue: number(store.residue),
      kept: number(store.kept),
      acknowledgedAt: store.acknowledged_at,
    })),
  };
}

/** The message, then a note for each line; undefined where there is none, or its key is destroyed. */
async function wordsOf(tx: Tx, vault: CaseVault, row: RequestRow, timeline: readonly TimelineRow[]): Promise<readonly (string | undefined)[]> {
  const sealed = [{ field: 'message' as const, sealed: row.message }, ...timeline.map(({ note }) => ({ field: 'note' as const, sealed: note }))];
  const there = sealed.flatMap((one, at) => (one.sealed ? [{ at, requestId: row.id, field: one.field, sealed: one.sealed }] : []));
  const opened = new Map((await vault.open(tx.tenant, there)).map((text, i) => [there[i]?.at, text]));
  return sealed.map((_, at) => opened.get(at));
}
