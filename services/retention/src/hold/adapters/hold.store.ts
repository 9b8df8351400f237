import { notFound } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { z } from 'zod';
import type { StandingHold } from '../domain/protection.js';

export interface HoldRow {
  readonly id: string;
  readonly ref: string;
  readonly aliases: string[];
  readonly categories: 'all' | string[];
  readonly matter: Buffer | null;
  readonly reason: Buffer | null;
  readonly dispatch_id: string;
  readonly placed_at: Date;
  readonly placed_by: string;
  readonly released_at: Date | null;
  readonly released_by: string | null;
  readonly release_note: Buffer | null;
  readonly release_dispatch_id: string | null;
}

const COLUMNS = `id, ref, aliases, categories, matter, reason, dispatch_id, placed_at, placed_by, released_at, released_by, release_note,
  release_dispatch_id`;

/** @throws HeedError `not_found` also for what is no id at all */
export async function findHold(tx: Tx, id: string, lock: 'FOR UPDATE' | '' = ''): Promise<HoldRow> {
  if (!z.uuid().safeParse(id).success) throw notFound('hold');
  const [row] = await tx.query<HoldRow>(`SELECT ${COLUMNS} FROM hold WHERE id = $1 ${lock}`, [id]);
  if (!row) throw notFound('hold');
  return row;
}

export async function listHolds(tx: Tx, wanted: { before: string; limit: number; standing: boolean | null }): Promise<readonly HoldRow[]> {
  return tx.query<HoldRow>(
    `SELECT ${COLUMNS} FROM hold WHERE id < $1 AND ($3::boolean IS NULL OR (released_at IS NULL) = $3) ORDER BY id DESC LIMIT $2`,
    [wanted.before, wanted.limit + 1, wanted.standing],
  );
}

/**
 * Locks people in the order of their refs: whoever holds them decides alone between destroying and protecting. Rows,
 * not advisory locks, because a batch of those would fill the server's lock table.
 */
export async function lockPeople(tx: Tx, refs: readonly string[]): Promise<void> {
  const people = [...new Set(refs)].sort();
  await tx.query('INSERT INTO person (ref, version) SELECT r, 0 FROM unnest($1::text[]) AS r ORDER BY r ON CONFLICT (ref) DO NOTHING', [people]);
  await tx.query('SELECT 1 FROM person WHERE ref = ANY($1) ORDER BY ref FOR UPDATE', [people]);
}

/** The caller holds the person's lock. @returns the version of what is said next */
export async function raiseVersion(tx: Tx, ref: string): Promise<number> {
  const [row] = await tx.query<{ version: string }>('UPDATE person SET version = version + 1 WHERE ref = $1 RETURNING version', [ref]);
  return Number(row?.version ?? 1);
}

export async function standingHolds(tx: Tx, refs: readonly string[]): Promise<readonly StandingHold[]> {
  return tx.query<StandingHold>('SELECT id, ref, aliases FROM hold WHERE released_at IS NULL AND (ref = ANY($1) OR aliases && $1) ORDER BY id', [refs]);
}
