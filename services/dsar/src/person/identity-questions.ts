import type { Tx } from '@heed/persistence';
import { STATES_OVER } from '../case/domain/request-state.js';

export interface IdentityFound {
  readonly ref: string;
  readonly alias: string;
  readonly aliases: readonly string[];
}

/** A case that has to wait until somebody says whom it is about. */
export interface Questioned {
  readonly id: string;
  readonly ref: string;
  readonly dispatch_ids: readonly string[];
  readonly asks_about: readonly string[];
}

interface OpenErasure {
  readonly id: string;
  readonly ref: string;
  readonly aliases: readonly string[];
  readonly asks_about: readonly string[];
}

/** Open erasures of anybody among these refs, locked in the order of their ids. */
async function openErasures(tx: Tx, refs: readonly string[]): Promise<readonly OpenErasure[]> {
  return tx.query<OpenErasure>(
    `SELECT id, ref, aliases, asks_about FROM request WHERE type = 'erase' AND state <> ALL($2) AND (ref = ANY($1) OR aliases && $1) ORDER BY id FOR UPDATE`,
    [refs, STATES_OVER],
  );
}

/** Two refs are one person: is an erasure that was asked for under one of them about the other too? */
export async function askAboutMerged(tx: Tx, { ref, alias, aliases }: IdentityFound): Promise<readonly Questioned[]> {
  const refs = [...new Set([ref, alias, ...aliases])];
  return keepQuestions(tx, await openErasures(tx, refs), (own) => refs.filter((one) => one !== own.ref && !own.aliases.includes(one)));
}

/** A ref is a person of its own again: is an erasure that was asked for while it was not, about both? */
export async function askAboutParted(tx: Tx, { ref, alias, aliases }: IdentityFound): Promise<readonly Questioned[]> {
  const stayed = new Set([ref, ...aliases]);
  const side = (one: string): boolean => one !== alias && stayed.has(one);
  return keepQuestions(tx, await openErasures(tx, [ref, alias, ...aliases]), (own) => own.aliases.filter((one) => side(one) !== side(own.ref)));
}

async function keepQuestions(tx: Tx, cases: readonly OpenErasure[], of: (own: OpenErasure) => readonly string[]): Promise<readonly Questioned[]> {
  const asked = cases.map((own) => ({ id: own.id, refs: [...new Set([...own.asks_about, ...of(own)])], before: own.asks_about.length })).filter(({ refs, before }) => refs.length > before);
  if (asked.length === 0) return [];
  return tx.query<Questioned>(
    `UPDATE request r SET asks_about = q.refs FROM jsonb_to_recordset($1::jsonb) AS q(id uuid, refs text[]) WHERE r.id = q.id
      RETURNING r.id, r.ref, r.dispatch_ids, r.asks_about`,
    [JSON.stringify(asked)],
  );
}

/** Of these dispatches, those whose case waits for an answer. */
export async function waitingForAnswer(tx: Tx, dispatchIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ id: string }>(
    `SELECT DISTINCT unnest(dispatch_ids) AS id FROM request WHERE dispatch_ids && $1 AND asks_about <> '{}'`,
    [dispatchIds],
  );
  return new Set(rows.map((row) => row.id));
}
