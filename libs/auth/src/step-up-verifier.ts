import { HeedError } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { STEP_UP_AUDIENCE, STEP_UP_SECONDS, STEP_UP_TYPE, stepUpOf, stepUpRefusal } from './step-up.js';
import type { StepUp, StepUpNeed } from './step-up.js';
import { StepUpKeys } from './step-up-keys.js';
import type { FetchStepUpKeys } from './step-up-keys.js';

export interface StepUpVerifierOptions {
  /** Heed's public origin: a step-up of another installation is none here. */
  readonly issuer: string;
  readonly clock: Clock;
  readonly fetchKeys: FetchStepUpKeys;
  /** Whether the software key for local use is let in. */
  readonly allowSoftware: boolean;
}

const SKEW_SECONDS = 10;

/** Verifies step-up tokens where the act is done, without asking anybody. That one counts once is for the act's transaction to see. */
export class StepUpVerifier {
  private readonly keys: StepUpKeys;

  constructor(private readonly options: StepUpVerifierOptions) {
    this.keys = new StepUpKeys(options.fetchKeys);
  }

  /** @throws HeedError `step_up_required`, `step_up_expired`, `step_up_invalid` (401), `step_up_keys_unavailable` (503) */
  async verify(token: string | undefined, need: StepUpNeed): Promise<StepUp> {
    if (!token) throw refusal('step_up_required', 'This act needs a fresh step-up', need);
    const stepUp = stepUpOf(await this.claims(token, need));
    if (!stepUp) throw refusal('step_up_invalid', 'This is no step-up of Heed', need);
    const { subject, tenant, ...proof } = stepUp;
    if (tenant !== need.tenant || subject !== need.subject) throw refusal('step_up_invalid', 'This step-up is of somebody else', need);
    if (proof.act !== need.act || proof.resource !== need.resource) throw refusal('step_up_invalid', 'This step-up is for another act, or for another thing', need);
    if (proof.method === 'software_local' && !this.options.allowSoftware) throw refusal('step_up_invalid', 'Software keys are not let in here', need);
    return proof;
  }

  private async claims(token: string, need: StepUpNeed): Promise<JWTPayload> {
    try {
      const key = await this.keys.find(decodeProtectedHeader(token).kid, need.tenant);
      if (!key) throw refusal('step_up_invalid', 'This step-up is signed by an unknown key', need);
      const { payload } = await jwtVerify(token, key, {
        issuer: this.options.issuer,
        audience: STEP_UP_AUDIENCE,
        typ: STEP_UP_TYPE,
        algorithms: ['EdDSA'],
        clockTolerance: SKEW_SECONDS,
        currentDate: this.options.clock.now(),
        requiredClaims: ['exp', 'iat', 'jti', 'sub'],
        maxTokenAge: STEP_UP_SECONDS,
      });
      return payload;
    } catch (error) {
      if (error instanceof HeedError) throw error;
      if (error instanceof errors.JWTExpired) throw refusal('step_up_expired', 'This step-up has expired', need);
      throw refusal('step_up_invalid', 'This is no step-up of Heed', need);
    }
  }
}

/** Says what to do next, to a person and, by its members, to a program. */
function refusal(code: string, why: string, need: StepUpNeed): HeedError {
  return stepUpRefusal(code, `${why}: get one from POST /v1/step-ups for the act ${need.act} and this very resource, and send it in the header Heed-Step-Up.`, need);
}
