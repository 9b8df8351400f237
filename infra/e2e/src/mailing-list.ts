import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Heed } from './heed.js';

/** The sample mail processor's own file, opened beside it: what an audit reads, and how a test puts somebody on the list. */
export class MailingList {
  private readonly db: DatabaseSync;

  constructor(heed: Heed) {
    this.db = new DatabaseSync(join(heed.system.context.home.data('mail-processor'), 'mail-processor.sqlite'));
    this.db.exec('PRAGMA busy_timeout = 5000');
  }

  add(tenant: string, email: string): void {
    this.db.prepare('INSERT INTO contact (tenant, email, marketing_email) VALUES (?, ?, 1)').run(tenant, email);
  }

  /** Whether they get marketing; undefined where they are not on the list. */
  sendsTo(tenant: string, email: string): boolean | undefined {
    const row = this.db.prepare('SELECT marketing_email FROM contact WHERE tenant = ? AND email = ?').get(tenant, email);
    return row && row['marketing_email'] === 1;
  }

  close(): void {
    this.db.close();
  }
}
