import { createHash, randomBytes } from 'node:crypto';

/**
 * The token of a page that needs no login: the tenant, which is no secret and finds the schema, and 192 random bits. Only
 * its hash is kept, so that reading the table opens nobody's page, and there is nothing to be guessed.
 * @example newPageToken('ajuni') // 'ajuni.Zk3…'
 */
export function newPageToken(tenant: string): string {
  return `${tenant}.${randomBytes(24).toString('base64url')}`;
}

/** Whose page it is; undefined for what was never a token. */
export function tenantOfPageToken(token: string): string | undefined {
  return /^([a-z][a-z0-9-]{1,30}[a-z0-9])\.[A-Za-z0-9_-]{32}$/.exec(token)?.[1];
}

export function hashOfPageToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
