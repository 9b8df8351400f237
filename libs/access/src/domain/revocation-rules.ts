import { MAX_LIFETIME_SECONDS } from '@heed/auth';
import type { Identity, Role, TenantRules } from '@heed/auth';

/** What of a tenant's access is revoked. */
export interface KnownRevocation {
  readonly kind: 'session' | 'application' | 'role';
  readonly target: string;
  /** Empty unless a role is meant. */
  readonly role: string;
  /** Only tokens issued until then; null for all. */
  readonly issuedBefore: Date | null;
}

/** A tenant's rules, made once from what is stored, so that a token costs two look-ups. */
export class RevocationRules implements TenantRules {
  readonly lifetimeSeconds: number;
  /** Until when tokens of a session or an application were issued that are dead, in milliseconds. */
  private readonly dead = new Map<string, number>();
  private readonly withdrawn = new Map<string, Role[]>();

  constructor(lifetimeSeconds: number | undefined, revocations: readonly KnownRevocation[]) {
    this.lifetimeSeconds = Math.min(lifetimeSeconds ?? MAX_LIFETIME_SECONDS, MAX_LIFETIME_SECONDS);
    for (const { kind, target, role, issuedBefore } of revocations) {
      if (kind === 'role') this.withdrawn.set(target, [...(this.withdrawn.get(target) ?? []), role as Role]);
      else this.dead.set(target, Math.max(this.dead.get(target) ?? 0, issuedBefore?.getTime() ?? Infinity));
    }
  }

  /** Issuers write whole seconds: a token of the second in which it was revoked is dead too. */
  isRevoked({ sessionId, applicationId, issuedAt }: Identity): boolean {
    const issued = issuedAt * 1000;
    return issued <= (this.dead.get(sessionId) ?? 0) || issued <= (this.dead.get(applicationId) ?? 0);
  }

  withdrawnFrom(holderId: string): readonly Role[] {
    return this.withdrawn.get(holderId) ?? [];
  }
}
