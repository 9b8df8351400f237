import type pg from 'pg';

/** The services that have keys in this database, by the schemas that they have there. */
export async function serviceSchemas(client: pg.Client): Promise<readonly { readonly service: string; readonly schema: string }[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT n.nspname AS name FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid WHERE c.relname = 'dropped_tenant' AND c.relkind = 'r' ORDER BY 1`,
  );
  return rows.map(({ name }) => ({ service: name.replaceAll('_', '-'), schema: name }));
}
