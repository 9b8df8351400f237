import { systemClock, uuidv7 } from '@heed/kernel';
import { databaseName, quoteIdent, tenantSchema } from '@heed/persistence';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { issueCode } from './adapters/enrolment.store.js';

export interface OperatorCode {
  /** A superuser's URL to the server; the service's own login could not do this. */
  readonly adminUrl: string;
  readonly ssl?: ConnectionOptions | undefined;
  readonly tenant: string;
  /** The `sub` of the person's access token. */
  readonly subject: string;
  /** Default: the service's usual one. */
  readonly database?: string;
}

/**
 * The code for a tenant's first authenticator, or for one that lost all: nobody there can step up to issue it. The ledger
 * names the operator as who did.
 */
export async function issueOperatorCode({ adminUrl, ssl, tenant, subject, database }: OperatorCode): Promise<string> {
  const url = new URL(adminUrl);
  url.pathname = `/${database ?? databaseName('subprocessor-registry')}`;
  const client = new pg.Client({ connectionString: url.href, ...(ssl ? { ssl } : {}) });
  await client.connect();
  try {
    await client.query(`BEGIN; SET LOCAL search_path = ${quoteIdent(tenantSchema(tenant))}`);
    const query = async <R extends object>(text: string, values: readonly unknown[] = []) => (await client.query<R>(text, [...values])).rows;
    const { id, code } = await issueCode({ query, clock: systemClock }, subject, 'operator');
    await client.query('INSERT INTO ledger_entry (id, kind, data) VALUES ($1, $2, $3)', [
      uuidv7(), 'authenticator.enrolment_issued', JSON.stringify({ enrolmentId: id, subject, actor: 'operator' }),
    ]);
    await client.query('COMMIT');
    return code;
  } finally {
    await client.end();
  }
}
