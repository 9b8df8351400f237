import type { AccessRevocation } from '@heed/contracts-access';
import { MAX_LIFETIME_SECONDS } from '@heed/auth';

/** After this no token is left that was issued before: the longest life, and what clocks may differ by. */
const LAST_TOKEN_MS = (MAX_LIFETIME_SECONDS + 60) * 1000;
/** A sign-in may be renewed for as long as its refresh token lives; providers let none live longer than this. */
const SIGN_IN_MS = 90 * 86_400_000;

type Decision = Omit<AccessRevocation, 'decidedAt'>;

const later = (now: Date, ms: number): string => new Date(now.getTime() + ms).toISOString();
const whole = { role: null, issuedBefore: null, inForce: true, expiresAt: null } as const;

/** A sign-in is over for good; a program without sign-ins loses the tokens it has. */
export function revokeSession(sessionId: string, isSignIn: boolean, now: Date): Decision {
  if (isSignIn) return { ...whole, kind: 'session', target: sessionId, expiresAt: later(now, SIGN_IN_MS) };
  return { ...whole, kind: 'session', target: sessionId, issuedBefore: now.toISOString(), expiresAt: later(now, LAST_TOKEN_MS) };
}

/** No token of it is taken, now or later, until that is taken back. */
export function revokeApplication(applicationId: string, inForce: boolean): Decision {
  return { ...whole, kind: 'application', target: applicationId, inForce };
}

/** Tokens that were had with the old secret are dead; those that come are taken. */
export function rotateApplication(applicationId: string, now: Date): Decision {
  return { ...whole, kind: 'application', target: applicationId, issuedBefore: now.toISOString(), expiresAt: later(now, LAST_TOKEN_MS) };
}

/** The holder has the role no more, whatever tokens say. */
export function revokeRole(holderId: string, role: string, inForce: boolean): Decision {
  return { ...whole, kind: 'role', target: holderId, role, inForce };
}
