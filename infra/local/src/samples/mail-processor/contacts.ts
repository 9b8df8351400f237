import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';

export interface Contact {
  readonly email: string;
  readonly phone: string | null;
  readonly name: string | null;
  readonly marketing_email: boolean;
}

export interface Identity {
  readonly type: string;
  readonly value: string;
}

const COLUMNS: Readonly<Record<string, string>> = { email: 'email', phone: 'phone' };

/** The mailing list of each tenant, and what has been asked of it. */
export class Contacts {
  private readonly db: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.db = new DatabaseSync(join(folder, 'mail-processor.sqlite'));
    this.db.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS contact (tenant TEXT, email TEXT COLLATE NOCASE, phone TEXT, name TEXT, marketing_email INTEGER NOT NULL DEFAULT 1,
        PRIMARY KEY (tenant, email));
      CREATE INDEX IF NOT EXISTS contact_phone ON contact (tenant, phone);
      CREATE TABLE IF NOT EXISTS webhook (tenant TEXT, id TEXT, matched INTEGER, PRIMARY KEY (tenant, id));
      CREATE TABLE IF NOT EXISTS request (tenant TEXT, id TEXT, type TEXT, identities TEXT, status TEXT, results INTEGER, received TEXT, callbacks TEXT,
        PRIMARY KEY (tenant, id));`);
  }

  import(tenant: string, contacts: readonly Contact[]): void {
    const insert = this.prepare('INSERT OR REPLACE INTO contact (tenant, email, phone, name, marketing_email) VALUES (?, ?, ?, ?, ?)');
    this.db.exec('BEGIN');
    for (const c of contacts) insert.run(tenant, c.email, c.phone, c.name, c.marketing_email ? 1 : 0);
    this.db.exec('COMMIT');
  }

  list(tenant: string, filter: { email?: string | null; after?: string | null; limit: number }): Contact[] {
    const rows = filter.email
      ? this.prepare('SELECT * FROM contact WHERE tenant = ? AND email = ?').all(tenant, filter.email)
      : this.prepare('SELECT * FROM contact WHERE tenant = ? AND email > ? ORDER BY email LIMIT ?').all(tenant, filter.after ?? '', filter.limit);
    return rows.map((row) => ({
      email: String(row['email']),
      phone: row['phone'] === null ? null : String(row['phone']),
      name: row['name'] === null ? null : String(row['name']),
      marketing_email: row['marketing_email'] === 1,
    }));
  }

  count(tenant: string, identities: readonly Identity[]): number {
    return this.keys(tenant, identities).length;
  }

  erase(tenant: string, identities: readonly Identity[]): number {
    const keys = this.keys(tenant, identities);
    for (const email of keys) this.prepare('DELETE FROM contact WHERE tenant = ? AND email = ?').run(tenant, email);
    return keys.length;
  }

  /** The same webhook again gives the same answer and does nothing. */
  consent(tenant: string, id: string, on: boolean, identities: readonly Identity[]): number {
    const known = this.prepare('SELECT matched FROM webhook WHERE tenant = ? AND id = ?').get(tenant, id);
    if (known) return Number(known['matched']);
    const keys = this.keys(tenant, identities);
    this.db.exec('BEGIN');
    for (const email of keys) this.prepare('UPDATE contact SET marketing_email = ? WHERE tenant = ? AND email = ?').run(on ? 1 : 0, tenant, email);
    this.prepare('INSERT INTO webhook (tenant, id, matched) VALUES (?, ?, ?)').run(tenant, id, keys.length);
    this.db.exec('COMMIT');
    return keys.length;
  }

  /** Each statement is compiled once. */
  prepare(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (!statement) this.statements.set(sql, (statement = this.db.prepare(sql)));
    return statement;
  }

  close(): void {
    this.db.close();
  }

  private keys(tenant: string, identities: readonly Identity[]): string[] {
    const found = identities.flatMap(({ type, value }) => {
      const column = COLUMNS[type];
      return column ? this.prepare(`SELECT email FROM contact WHERE tenant = ? AND ${column} = ?`).all(tenant, value).map((row) => String(row['email'])) : [];
    });
    return [...new Set(found)];
  }
}
