import { orderShreds } from '@heed/key-store';
import type { FieldVault } from '@heed/key-store';
import type { Tx } from '@heed/persistence';
import type { Blinded, Look } from '../subject/identifier-index.js';
import { metAtOnce } from '../subject/new-identifiers.js';

export interface Released {
  readonly owner: string;
  readonly type: string;
}

/** Each identifier of a look once, and whose it is. */
export function ownersOf(look: Look): readonly (readonly [one: Blinded, owner: string | undefined])[] {
  const once = new Map([...look.blinded.values()].map((one) => [one.name, one]));
  return [...once.values()].map((one) => [one, look.known.get(one.name)]);
}

/** Takes identifiers from whoever has them, with the keys that now seal nothing. The caller holds those people's locks. */
export async function releaseIdentifiers(tx: Tx, vault: FieldVault, taken: readonly Blinded[]): Promise<readonly Released[]> {
  if (taken.length === 0) return [];
  const all = taken.flatMap(({ type, blind, others }) => [blind, ...others].map((one) => ({ type, blind: one })));
  const rows = await tx.query<Released & { readonly sealed: Buffer }>(
    'DELETE FROM identifier WHERE (type, blind) IN (SELECT * FROM unnest($1::text[], $2::bytea[])) RETURNING ref AS owner, type, sealed',
    [all.map((one) => one.type), all.map((one) => one.blind)],
  );
  if (rows.length < taken.length) throw metAtOnce();
  const left = await tx.query<{ sealed: Buffer }>('SELECT sealed FROM identifier WHERE ref = ANY($1)', [[...new Set(rows.map(({ owner }) => owner))]]);
  const used = new Set(left.map(({ sealed }) => vault.keyIdOf(sealed)));
  const idle = new Map(rows.flatMap(({ owner, sealed }) => (used.has(vault.keyIdOf(sealed)) ? [] : [[vault.keyIdOf(sealed), owner] as const])));
  await orderShreds(tx, [...idle].map(([key, ref]) => ({ keyIds: [key], ref, reason: 'identifier_moved' })));
  return rows.map(({ owner, type }) => ({ owner, type }));
}
