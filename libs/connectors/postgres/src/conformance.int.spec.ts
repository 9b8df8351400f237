import { connectorConformance } from '@heed/connector-spi';
import { freshDatabase } from '@heed/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { PostgresConnector } from './connector.js';

connectorConformance('postgres', { describe, it, beforeAll, afterAll }, async () => {
  const { url } = await freshDatabase();
  const db = new pg.Pool({ connectionString: url, max: 2 });
  await db.query(`
    CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text UNIQUE, marketing boolean NOT NULL DEFAULT true);
    CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person_id bigint NOT NULL REFERENCES people)`);
  return {
    purpose: 'marketing_email',
    async connect() {
      const connector = new PostgresConnector({
        url,
        map: {
          tables: [
            { table: 'people', key: 'id', identifiers: { email: 'email' }, fields: [], onErasure: 'erase' },
            { table: 'orders', key: 'id', parent: { table: 'people', column: 'person_id' }, fields: [], onErasure: 'erase' },
          ],
          purposes: { marketing_email: { table: 'people', column: 'marketing', on: true, off: false } },
        },
      });
      await connector.prepare();
      return connector;
    },
    async addPerson(address) {
      await db.query(`WITH p AS (INSERT INTO people (email) VALUES ($1) RETURNING id) INSERT INTO orders (person_id) SELECT id FROM p, generate_series(1, 2)`, [
        address,
      ]);
    },
    async has(address) {
      return (await db.query('SELECT 1 FROM people WHERE email = $1', [address])).rowCount === 1;
    },
    async isOn(address) {
      const { rows } = await db.query<{ marketing: boolean }>('SELECT marketing FROM people WHERE email = $1', [address]);
      return rows[0]?.marketing;
    },
    close: () => db.end(),
  };
});
