import { isStrongEnough, stepUpRefusal } from '@heed/auth';
import type { StepUpMethod } from '@heed/auth';
import { HeedError, refused } from '@heed/kernel';
import type { Tx, UnitOfWork } from '@heed/persistence';
import type { AuthenticationResponseJSON } from '@simplewebauthn/server';
import { authenticatorOf, markSuspect, markUsed, usableAuthenticators } from './adapters/authenticator.store.js';
import { keepChallenge, spendChallenge } from './adapters/challenge.store.js';
import type { NewChallenge } from './adapters/challenge.store.js';
import type { StepUpSigner } from './adapters/step-up-signer.js';
import { privilegedMfaOf, promiseOf } from './privileged-mfa.js';
import { wentBack } from './webauthn.js';
import type { WebAuthn } from './webauthn.js';

interface Caller {
  readonly tenant: string;
  readonly actor: string;
}

export interface CompletedStepUp {
  readonly token: string;
  readonly expiresAt: Date;
  readonly method: StepUpMethod;
}

/** A person proves to be there, for one act on one thing (AJU-48, AJU-49, AUR-19). */
export class StepUpCeremony {
  constructor(
    private readonly deps: { readonly unitOfWork: UnitOfWork; readonly webauthn: WebAuthn; readonly signer: StepUpSigner; readonly allowSoftware: boolean },
  ) {}

  /** @throws HeedError `authenticator_missing` when the caller has none that the policy takes */
  begin({ tenant, actor }: Caller, act: string, resource: string): Promise<NewChallenge & { options: object }> {
    return this.deps.unitOfWork.run(tenant, async (tx) => {
      const rule = await privilegedMfaOf(tx);
      const usable = (await usableAuthenticators(tx, actor)).filter(({ method }) => this.takes(method) && isStrongEnough(method, rule.value));
      if (usable.length === 0) {
        const detail = `You have no authenticator that the policy takes (${rule.value}): ask an administrator of your tenant for an enrolment code.`;
        throw refused('authenticator_missing', detail, promiseOf(rule));
      }
      const options = await this.deps.webauthn.assertionOptions(usable);
      return { ...(await keepChallenge(tx, actor, options.challenge, { act, resource })), options };
    });
  }

  /**
   * The challenge is spent whatever comes of it, and what was seen of a copied authenticator is kept.
   * @throws HeedError `challenge_spent` (409), `step_up_assertion_invalid`, `step_up_authenticator_refused`, `step_up_too_weak` (401)
   */
  async complete({ tenant, actor }: Caller, id: string, response: AuthenticationResponseJSON): Promise<CompletedStepUp> {
    const outcome = await this.deps.unitOfWork.run(tenant, async (tx) => {
      const { challenge, act, resource } = await spendChallenge(tx, id, actor, 'step-up');
      const method = await this.proof(tx, actor, challenge, response);
      if (method instanceof HeedError) {
        tx.record({ kind: 'step_up.refused', data: { stepUpId: id, subject: actor, act, code: method.code } });
        return method;
      }
      tx.record({ kind: 'step_up.completed', data: { stepUpId: id, subject: actor, act, method } });
      const proof = { id, tenant, subject: actor, act: act ?? '', resource: resource ?? '', method };
      return { ...(await this.deps.signer.sign(proof)), method };
    });
    if (outcome instanceof HeedError) throw outcome;
    return outcome;
  }

  private async proof(tx: Tx, actor: string, challenge: string, response: AuthenticationResponseJSON): Promise<StepUpMethod | HeedError> {
    const by = await authenticatorOf(tx, actor, response.id);
    if (!by || by.revoked_at || by.suspect_at || !this.takes(by.method)) {
      return stepUpRefusal('step_up_authenticator_refused', 'This authenticator is not yours, was revoked, or is suspected to have been copied.');
    }
    const rule = await privilegedMfaOf(tx);
    if (!isStrongEnough(by.method, rule.value)) return stepUpRefusal('step_up_too_weak', `The policy asks for ${rule.value}: use a hardware key.`);
    const counter = await this.deps.webauthn.assert(response, challenge, by);
    if (counter === undefined) {
      return stepUpRefusal('step_up_assertion_invalid', 'This is no answer to the options: not signed, from another page, or the user was not verified.');
    }
    if (wentBack(Number(by.counter), counter)) {
      await markSuspect(tx, by.id);
      tx.record({ kind: 'authenticator.suspect', data: { authenticatorId: by.id, subject: actor } });
      return stepUpRefusal('step_up_authenticator_refused', 'The counter of this authenticator went back, so there may be a copy of it: revoke it and enrol another.');
    }
    await markUsed(tx, by.id, counter);
    return by.method;
  }

  private takes(method: StepUpMethod): boolean {
    return method !== 'software_local' || this.deps.allowSoftware;
  }
}
