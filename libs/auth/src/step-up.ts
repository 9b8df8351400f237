import { HeedError } from '@heed/kernel';
import type { JWTPayload } from 'jose';

/**
 * How somebody proved that they were there. `fido2_hardware`: a key whose maker attests to it and that cannot be copied;
 * `webauthn`: any authenticator that verified its user; `software_local`: a file on one's own computer, for trying things out.
 */
export const STEP_UP_METHODS = ['fido2_hardware', 'webauthn', 'software_local'] as const;
export type StepUpMethod = (typeof STEP_UP_METHODS)[number];

/** What a policy pack's `security.privilegedMfa` may ask for. Codes by app are not offered: WebAuthn satisfies `totp_or_webauthn`. */
export type PrivilegedMfa = 'totp_or_webauthn' | 'webauthn' | 'fido2_hardware';

/** A proof of presence for one act on one thing. */
export interface StepUp {
  /** Unlike any other: it counts once. */
  readonly id: string;
  readonly act: string;
  readonly resource: string;
  readonly method: StepUpMethod;
  readonly expiresAt: Date;
}

/** What a step-up has to be for, to be of use. */
export interface StepUpNeed {
  readonly tenant: string;
  /** The access token's subject: nobody acts on somebody else's proof. */
  readonly subject: string;
  readonly act: string;
  readonly resource: string;
}

/** Header of a call that carries a step-up token. */
export const STEP_UP_HEADER = 'heed-step-up';
export const STEP_UP_TYPE = 'heed-step-up+jwt';
export const STEP_UP_AUDIENCE = 'heed-step-up';
export const STEP_UP_SECONDS = 120;

/** The AAGUID by which the software key for local use says what it is. */
export const SOFTWARE_KEY_AAGUID = '68656564-0000-4000-8000-736f66746b65';
export const SOFTWARE_KEY_LABEL = 'software key, for local use only';

/** @throws HeedError 401 unless the method is what the tenant's policy asks for, naming its promise */
export function assertStrongEnough(
  stepUp: StepUp | undefined,
  rule: { readonly value: PrivilegedMfa; readonly source: string | readonly string[] },
): asserts stepUp is StepUp {
  if (!stepUp) throw stepUpRefusal('step_up_required', 'This act needs a step-up.');
  if (isStrongEnough(stepUp.method, rule.value)) return;
  const promise = [rule.source].flat().find((source) => source !== 'operator_default');
  const detail = `The policy asks for ${rule.value} and this step-up is by ${stepUp.method}: use a hardware key.`;
  throw new HeedError({ kind: 'unauthenticated', code: 'step_up_too_weak', detail, ...(promise ? { promise } : {}) });
}

/** Whether a software key is let in at all is the operator's setting, not the policy's. */
export function isStrongEnough(method: StepUpMethod, asked: PrivilegedMfa): boolean {
  return asked !== 'fido2_hardware' || method !== 'webauthn';
}

export const stepUpRefusal = (code: string, detail: string, need?: { readonly act: string; readonly resource: string }): HeedError =>
  new HeedError({ kind: 'unauthenticated', code, detail, ...(need ? { stepUp: { act: need.act, resource: need.resource } } : {}) });

/** The claims of a step-up token, where they have the form they should. */
export function stepUpOf(payload: JWTPayload): (StepUp & { readonly tenant: string; readonly subject: string }) | undefined {
  const { jti, sub, exp, tenant, act, resource, method } = payload;
  const known = STEP_UP_METHODS.find((one) => one === method);
  if (!jti || !sub || !exp || !known || typeof tenant !== 'string' || typeof act !== 'string' || typeof resource !== 'string') return undefined;
  return { id: jti, subject: sub, tenant, act, resource, method: known, expiresAt: new Date(exp * 1000) };
}
