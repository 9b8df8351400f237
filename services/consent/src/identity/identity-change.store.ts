import { uuidv7 } from '@heed/kernel';
import type { Tx } from '@heed/persistence';

export const CHANGES = ['linked', 'moved', 'unlinked', 'merged', 'joined', 'split'] as const;
export type ChangeKind = (typeof CHANGES)[number];

/** Who said so, and why: a code, not a sentence. */
export interface Why {
  readonly reason: string;
  readonly actor: string;
}

/** Something that became of who a person is. */
export interface NewChange {
  readonly kind: ChangeKind;
  readonly ref: string;
  readonly other?: string | undefined;
  readonly members?: readonly string[];
  readonly identifier?: { readonly id?: string; readonly type: string };
  /** The versions of both people just before. */
  readonly versions?: { readonly ref: number; readonly other: number };
}

/** Appends to the history of identities. @returns the ids, in the order given */
export async function keepChanges(tx: Tx, why: Why, changes: readonly NewChange[]): Promise<readonly string[]> {
  if (changes.length === 0) return [];
  const now = tx.clock.now();
  const rows = changes.map(({ kind, ref, other, members, identifier, versions }) => ({
    id: uuidv7(now), kind, ref, other, members: members ?? [], identifier_id: identifier?.id, identifier_type: identifier?.type,
    version: versions?.ref, other_version: versions?.other,
  }));
  await tx.query(
    `INSERT INTO identity_change (id, kind, ref, other, members, identifier_id, identifier_type, reason, actor, changed_at, version, other_version)
     SELECT id, kind, ref, other, members, identifier_id, identifier_type, $2, $3, $4, version, other_version
       FROM jsonb_to_recordset($1::jsonb) AS c(id uuid, kind text, ref text, other text, members text[], identifier_id uuid, identifier_type text,
            version bigint, other_version bigint)`,
    [JSON.stringify(rows), why.reason, why.actor, now],
  );
  return rows.map(({ id }) => id);
}

/** How one ref became another's: what is needed to part them again. */
export interface Merging {
  readonly ref: string;
  readonly other: string;
  readonly members: readonly string[];
  readonly version: number;
  readonly otherVersion: number;
}

/** The last time that `alias` came to `person`, by itself or with others, and the last time it was merged itself. */
export async function mergingsOf(tx: Tx, person: string, alias: string): Promise<{ readonly came: Merging; readonly own: Merging } | undefined> {
  const columns = 'ref, other, members, version::int, other_version::int AS "otherVersion"';
  const [came] = await tx.query<Merging>(
    `SELECT ${columns} FROM identity_change WHERE ref = $1 AND kind IN ('merged', 'joined') AND (other = $2 OR $2 = ANY(members)) ORDER BY seq DESC LIMIT 1`,
    [person, alias],
  );
  const [own] = await tx.query<Merging>(
    `SELECT ${columns} FROM identity_change WHERE other = $1 AND kind IN ('merged', 'joined') ORDER BY seq DESC LIMIT 1`,
    [alias],
  );
  return came && own ? { came, own } : undefined;
}

export interface IdentityChange {
  readonly id: string;
  readonly kind: ChangeKind;
  readonly ref: string;
  readonly other: string | null;
  readonly identifierType: string | null;
  readonly reason: string;
  readonly actor: string;
  readonly changedAt: Date;
}

/** The history of a person under all their refs, newest first. */
export async function changesOf(tx: Tx, refs: readonly string[], page: { readonly before: string; readonly limit: number }): Promise<readonly IdentityChange[]> {
  const columns = 'id, kind, ref, other, identifier_type AS "identifierType", reason, actor, changed_at AS "changedAt"';
  return tx.query<IdentityChange>(
    `SELECT ${columns} FROM identity_change WHERE (ref = ANY($1) OR other = ANY($1)) AND id < $2 ORDER BY id DESC LIMIT $3`,
    [refs, page.before, page.limit],
  );
}
