import pg from 'pg';

/** Everything that the migration job makes, as text that two databases can be compared by. */
const MADE = `
  SELECT 'relation ' || n.nspname || '.' || c.relname || ' ' || c.relkind::text || ' ' || pg_get_userbyid(c.relowner) || ' ' || coalesce(c.relacl::text, '') AS line
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'heed' OR n.nspname LIKE 't\\_%'
  UNION ALL
  SELECT 'column ' || a.attrelid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE (n.nspname = 'heed' OR n.nspname LIKE 't\\_%') AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT 'schema ' || nspname || ' ' || pg_get_userbyid(nspowner) || ' ' || coalesce(nspacl::text, '') FROM pg_namespace WHERE nspname = 'heed' OR nspname LIKE 't\\_%'
  UNION ALL
  SELECT 'rights ' || pg_get_userbyid(defaclrole) || ' ' || defaclnamespace::regnamespace || ' ' || defaclobjtype::text || ' ' || defaclacl::text FROM pg_default_acl
  UNION ALL
  SELECT 'role ' || rolname || ' ' || rolcanlogin || ' ' || rolinherit FROM pg_roles WHERE rolname LIKE current_database() || '%'
  UNION ALL
  SELECT 'member ' || roleid::regrole || ' ' || member::regrole || ' ' || inherit_option || ' ' || set_option
    FROM pg_auth_members WHERE roleid::regrole::text LIKE '%' || current_database() || '%'
  UNION ALL
  SELECT 'tenant ' || id || ' ' || isolation || ' ' || state || ' ' || applied::text FROM heed.tenant
  UNION ALL
  SELECT 'applied ' || set || '/' || file || ' ' || hash FROM heed.migration`;

export async function catalogue(adminUrl: string, database: string): Promise<readonly string[]> {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    const { rows } = await client.query<{ line: string }>(MADE);
    const { rows: schemas } = await client.query<{ name: string }>(`SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 't\\_%'`);
    for (const { name } of schemas) {
      rows.push(...(await client.query<{ line: string }>(`SELECT '${name} ' || set || '/' || file || ' ' || hash AS line FROM ${name}.migration`)).rows);
    }
    return rows.map(({ line }) => line.replaceAll(database, 'DB')).sort();
  } finally {
    await client.end();
  }
}
