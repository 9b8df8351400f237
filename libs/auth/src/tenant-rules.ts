import type { Identity } from './identity.js';
import type { Role } from './roles.js';

/** RFC 6749 leaves it open; access tokens that live longer are refused whoever signed them and whatever a policy says. */
export const MAX_LIFETIME_SECONDS = 15 * 60;

/** What a tenant's own rules say of tokens whose signature and lifetime are right. Unchanged for as long as the object lives. */
export interface TenantRules {
  /** The longest life of an access token that the tenant's policy allows (ASK-18). */
  readonly lifetimeSeconds: number;
  isRevoked(identity: Identity): boolean;
  /** The roles of a holder that were taken away. */
  withdrawnFrom(holderId: string): readonly Role[];
}

/** Where the rules of tenants come from. */
export interface RulesSource {
  /** A promise only where they have to be read first. @throws HeedError `tenant_unknown`, or kind `unavailable` */
  of(tenant: string): TenantRules | Promise<TenantRules>;
}
