import type { SqlDataMap } from '@heed/contracts-subprocessor-registry';
import { freshDatabase } from '@heed/testing';
import pg from 'pg';

/** A store with three levels, an invoice that the law keeps, and an audit row that names no person by key. */
export const crmMap: SqlDataMap = {
  tables: [
    { table: 'people', key: 'id', identifiers: { email: 'email', phone: 'phone' }, fields: [], createdAt: 'created_at', onErasure: 'erase' },
    { table: 'tickets', key: 'id', parent: { table: 'people', column: 'person_id' }, fields: [], onErasure: 'erase' },
    { table: 'messages', key: 'id', parent: { table: 'tickets', column: 'ticket_id' }, fields: [], onErasure: 'erase' },
    {
      table: 'invoices',
      key: 'id',
      parent: { table: 'people', column: 'person_id' },
      fields: [],
      onErasure: { keep: { basis: 'tax_law' } },
    },
    { table: 'events', key: 'id', identifiers: { email: 'email' }, fields: [], createdAt: 'created_at', onErasure: 'erase' },
  ],
  purposes: { marketing_email: { table: 'people', column: 'marketing', on: true, off: false } },
};

export interface Crm {
  readonly url: string;
  readonly db: pg.Pool;
  /** One person with a ticket, two messages and two events. */
  add(email: string, more?: { readonly phone?: string; readonly events?: number }): Promise<void>;
  addMany(emails: readonly string[]): Promise<void>;
  count(table: string, where?: string, values?: readonly unknown[]): Promise<number>;
  marketing(email: string): Promise<boolean | undefined>;
  close(): Promise<void>;
}

export async function crm(): Promise<Crm> {
  const { url } = await freshDatabase();
  const db = new pg.Pool({ connectionString: url, max: 3 });
  db.on('error', () => undefined);
  await db.query(`
    CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text, phone text, marketing boolean NOT NULL DEFAULT true,
                         created_at timestamptz NOT NULL DEFAULT now());
    CREATE INDEX ON people (lower(email));
    CREATE INDEX ON people (regexp_replace(phone, '[^0-9+]', '', 'g'));
    CREATE TABLE tickets (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), person_id bigint NOT NULL REFERENCES people);
    CREATE INDEX ON tickets (person_id);
    CREATE TABLE messages (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ticket_id uuid NOT NULL REFERENCES tickets, body text);
    CREATE INDEX ON messages (ticket_id);
    CREATE TABLE invoices (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person_id bigint REFERENCES people, amount int NOT NULL DEFAULT 1);
    CREATE INDEX ON invoices (person_id);
    CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text, created_at timestamptz NOT NULL DEFAULT now());
    CREATE INDEX ON events (lower(email));`);
  const addMany = async (emails: readonly string[], phone: string | null = null, events = 2): Promise<void> => {
    await db.query(
      `WITH p AS (INSERT INTO people (email, phone) SELECT e, $2 FROM unnest($1::text[]) e RETURNING id),
            t AS (INSERT INTO tickets (person_id) SELECT id FROM p RETURNING id)
       INSERT INTO messages (ticket_id, body) SELECT id, 'hello' FROM t, generate_series(1, 2)`,
      [emails, phone],
    );
    await db.query('INSERT INTO events (email) SELECT e FROM unnest($1::text[]) e, generate_series(1, $2::int)', [emails, events]);
  };
  return {
    url,
    db,
    addMany: (emails) => addMany(emails),
    add: (email, more = {}) => addMany([email], more.phone, more.events),
    async count(table, where = 'true', values = []) {
      const { rows } = await db.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE ${where}`, [...values]);
      return rows[0]?.n ?? 0;
    },
    async marketing(email) {
      const { rows } = await db.query<{ marketing: boolean }>('SELECT marketing FROM people WHERE lower(email) = lower($1)', [email]);
      return rows[0]?.marketing;
    },
    close: () => db.end(),
  };
}
