import { createHash, randomBytes } from 'node:crypto';

/**
 * A status page's token: the tenant, which is no secret and finds the schema, and 192 random bits. Only its hash can be
 * looked up, so that reading the table opens nobody's page.
 * @example newStatusToken('ajuni') // 'ajuni.Zk3…'
 */
export function newStatusToken(tenant: string): string {
  return `${tenant}.${randomBytes(24).toString('base64url')}`;
}

export function tenantOfToken(token: string): string | undefined {
  return /^([a-z][a-z0-9-]{1,30}[a-z0-9])\.[A-Za-z0-9_-]{32}$/.exec(token)?.[1];
}

export function hashOfToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

export const statusUrl = (origin: string, token: string): string => `${origin.replace(/\/$/, '')}/r/${token}`;
