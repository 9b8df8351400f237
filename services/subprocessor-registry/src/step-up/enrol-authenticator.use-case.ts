import { isStrongEnough } from '@heed/auth';
import { conflict, HeedError, refused, uuidv7 } from '@heed/kernel';
import type { Tx, UnitOfWork } from '@heed/persistence';
import type { RegistrationResponseJSON } from '@simplewebauthn/server';
import { findAuthenticator, insertAuthenticator, usableAuthenticators } from './adapters/authenticator.store.js';
import type { AuthenticatorRow } from './adapters/authenticator.store.js';
import { keepChallenge, spendChallenge } from './adapters/challenge.store.js';
import type { NewChallenge } from './adapters/challenge.store.js';
import { findEnrolment, useEnrolment } from './adapters/enrolment.store.js';
import { privilegedMfaOf, promiseOf } from './privileged-mfa.js';
import type { WebAuthn } from './webauthn.js';

interface Caller {
  readonly tenant: string;
  readonly actor: string;
}

/** A person makes an authenticator theirs, with a code that was issued for them. */
export class EnrolAuthenticator {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly webauthn: WebAuthn,
    private readonly allowSoftware: boolean,
  ) {}

  /** @throws HeedError `enrolment_code_invalid`, `policy_not_ready` */
  begin({ tenant, actor }: Caller, code: string): Promise<NewChallenge & { options: object }> {
    return this.unitOfWork.run(tenant, async (tx) => {
      const enrolmentId = await findEnrolment(tx, code, actor);
      const rule = await privilegedMfaOf(tx);
      const options = await this.webauthn.registrationOptions(tenant, actor, await usableAuthenticators(tx, actor), rule.value === 'fido2_hardware');
      return { ...(await keepChallenge(tx, actor, options.challenge, { enrolmentId })), options };
    });
  }

  /**
   * The challenge is spent whatever comes of it; the code only by an authenticator that was taken.
   * @throws HeedError `challenge_spent`, `registration_invalid`, `attestation_missing`, `software_key_not_allowed`, `authenticator_known`
   */
  async complete({ tenant, actor }: Caller, challengeId: string, response: RegistrationResponseJSON): Promise<AuthenticatorRow> {
    const outcome = await this.unitOfWork.run(tenant, async (tx) => {
      const { challenge, enrolment_id } = await spendChallenge(tx, challengeId, actor, 'registration');
      return this.take(tx, { actor, challenge, enrolmentId: enrolment_id ?? '', response });
    });
    if (outcome instanceof HeedError) throw outcome;
    return outcome;
  }

  private async take(
    tx: Tx,
    { actor, challenge, enrolmentId, response }: { actor: string; challenge: string; enrolmentId: string; response: RegistrationResponseJSON },
  ): Promise<AuthenticatorRow | HeedError> {
    const registered = await this.webauthn.register(response, challenge);
    if (!registered) return refused('registration_invalid', 'This is no answer to the options: not signed, from another page, or the user was not verified.');
    const { method } = registered;
    if (method === 'software_local' && !this.allowSoftware) return refused('software_key_not_allowed', 'Software keys are for local use and are not let in here.');
    const rule = await privilegedMfaOf(tx);
    if (!isStrongEnough(method, rule.value)) {
      return refused('attestation_missing', 'The policy asks for a hardware key whose maker attests to it, and is known here.', promiseOf(rule));
    }
    const id = uuidv7(tx.clock.now());
    await useEnrolment(tx, enrolmentId);
    if (!(await insertAuthenticator(tx, { ...registered, id, subject: actor, transports: response.response.transports ?? [] }))) {
      throw conflict('authenticator_known', 'This authenticator is enrolled already.');
    }
    tx.record({ kind: 'authenticator.enrolled', data: { authenticatorId: id, subject: actor, method, enrolmentId } });
    const row = await findAuthenticator(tx, id);
    if (!row) throw new Error('unreachable: it was just inserted');
    return row;
  }
}
