import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { eventually } from './eventually.js';
import { databaseAt, sessionOn } from './sql-on.js';

/** Cold copies of a database, and what a restore does with one: it stands in the original's place, under its name. */
export class DatabaseCopies {
  private readonly name: string;

  /** @param adminUrl the database, as its server's superuser */
  constructor(private readonly adminUrl: string) {
    this.name = new URL(adminUrl).pathname.slice(1);
  }

  /** Nobody may be connected. */
  async take(): Promise<string> {
    const copy = `test_copy_${randomBytes(4).toString('hex')}`;
    await this.onServer(async (server) => {
      await eventually(() => server.query(`CREATE DATABASE ${copy} TEMPLATE ${this.name}`));
    });
    return copy;
  }

  /** A transaction that has begun to write and does not end: what others commit meanwhile gets no place in a ledger. @returns how to end it */
  async holdOpen(): Promise<() => Promise<void>> {
    const session = new pg.Client({ connectionString: databaseAt(this.adminUrl, 'postgres') });
    await session.connect();
    await session.query('BEGIN');
    await session.query('SELECT pg_current_xact_id()');
    return () => session.end();
  }

  /** The original is kept beside it, under another name. */
  async putBack(copy: string): Promise<void> {
    const { name } = this;
    await this.onServer(async (server) => {
      await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
      await eventually(() => server.query(`ALTER DATABASE ${name} RENAME TO ${copy}_before`));
      await server.query(`ALTER DATABASE ${copy} RENAME TO ${name}`);
      await server.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC; GRANT CONNECT ON DATABASE ${name} TO ${name}, ${name}_tenants`);
    });
  }

  private async onServer(work: (server: pg.Client) => Promise<void>): Promise<void> {
    await sessionOn(databaseAt(this.adminUrl, 'postgres'), work);
  }
}
