import type { KnownPerson } from '@heed/fanout';
import type { Tx } from '@heed/persistence';

interface Merged {
  readonly ref: string;
  readonly alias: string;
  readonly aliases: readonly string[];
}

/** From now on these lead to one person, and so does whoever led to one of them. @returns every ref of that person */
export async function keepAliases(tx: Tx, { ref, alias, aliases }: Merged): Promise<readonly string[]> {
  const others = [...new Set([alias, ...aliases])];
  await tx.query('UPDATE alias SET person = $1 WHERE person = ANY($2)', [ref, others]);
  await tx.query(
    `INSERT INTO alias (ref, person) SELECT a, $1 FROM unnest($2::text[]) AS a WHERE a <> $1 ORDER BY a ON CONFLICT (ref) DO UPDATE SET person = excluded.person`,
    [ref, others],
  );
  await tx.query('DELETE FROM alias WHERE ref = person', []);
  return refsOf(tx, ref);
}

/** The alias is its own person again, with those who are no longer named with the other. */
export async function dropAlias(tx: Tx, { ref, alias, aliases }: Merged): Promise<void> {
  await tx.query('DELETE FROM alias WHERE ref = $1', [alias]);
  await tx.query('UPDATE alias SET person = $1 WHERE person = $2 AND ref <> ALL($3)', [alias, ref, aliases]);
}

/** A person as named, with every other ref of theirs. */
export async function wholePerson(tx: Tx, { ref, aliases }: KnownPerson): Promise<KnownPerson> {
  const all = await Promise.all([ref, ...aliases].map((one) => refsOf(tx, one)));
  return { ref, aliases: [...new Set([...aliases, ...all.flat()])].filter((one) => one !== ref) };
}

async function refsOf(tx: Tx, ref: string): Promise<readonly string[]> {
  const rows = await tx.query<{ ref: string }>(
    `WITH one AS (SELECT coalesce((SELECT person FROM alias WHERE ref = $1), $1) AS person)
     SELECT person AS ref FROM one UNION SELECT a.ref FROM alias a JOIN one USING (person)`,
    [ref],
  );
  return rows.map((row) => row.ref);
}
