import { derivedId } from '@heed/kernel';
import type { JWTPayload } from 'jose';
import { createHmac } from 'node:crypto';
import { ROLES } from './roles.js';
import type { Role } from './roles.js';

/** Who calls. `tenant` is empty for Heed's own services, which name it in a header. */
export interface Principal {
  /** The issuer's opaque id of whoever calls; a pseudonym of ours where the issuer's names a person (see `pseudonymOf`). */
  readonly subject: string;
  readonly tenant: string | undefined;
  readonly roles: readonly Role[];
}

/** A token that was verified: who calls, with what, and under which ids that can be revoked. */
export interface Identity {
  readonly principal: Principal;
  /** `client_id` or `azp`: the program that the token was given to. */
  readonly client: string;
  /** Who holds the roles, the program, and the session: the ids under which `/v1/role-holders` and the like know them. */
  readonly holderId: string;
  readonly applicationId: string;
  readonly sessionId: string;
  /** The issuer's own session (`sid`); without one the session is the program's for this subject. */
  readonly ownSession: boolean;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** @param subjectKey what pseudonyms are made with; the same in all services, or one person would be several */
export function identityOf(payload: JWTPayload, subjectKey: string): Identity {
  const claim = (name: string): string | undefined => {
    const value = payload[name];
    return typeof value === 'string' && value ? value : undefined;
  };
  const roles = Array.isArray(payload['roles']) ? payload['roles'] : [];
  const tenant = claim('tenant');
  const subject = pseudonymOf(payload.sub ?? '', subjectKey);
  const client = pseudonymOf(claim('client_id') ?? claim('azp') ?? subject, subjectKey);
  const sid = claim('sid');
  return {
    principal: { subject, tenant, roles: ROLES.filter((role) => roles.includes(role)) },
    client,
    holderId: holderIdOf(tenant ?? '', subject),
    applicationId: derivedId('application', tenant ?? '', client),
    sessionId: sid ? derivedId('session', tenant ?? '', sid) : derivedId('session', tenant ?? '', subject, client),
    ownSession: sid !== undefined,
    issuedAt: payload.iat ?? 0,
    expiresAt: payload.exp ?? 0,
  };
}

/** The id of whoever holds roles in a tenant. */
export function holderIdOf(tenant: string, subject: string): string {
  return derivedId('holder', tenant, subject);
}

/** An email address or a phone number. */
const NAMES_A_PERSON = /@|^\+?[0-9][0-9 ()-]{6,}$/;

export const namesAPerson = (subject: string): boolean => NAMES_A_PERSON.test(subject);

/**
 * Subjects stand in ledgers, events and logs, where no personal data may: one that is an email address or a phone number
 * is replaced by a keyed hash.
 * @example pseudonymOf('ada@example.com', key) // 'hid_7Vt…'
 */
export function pseudonymOf(subject: string, key: string): string {
  if (!namesAPerson(subject)) return subject;
  return `hid_${createHmac('sha256', key).update(subject.toLowerCase()).digest('base64url').slice(0, 32)}`;
}
