import { isStrongEnough } from '@heed/auth';
import { conflict, refused, uuidv7 } from '@heed/kernel';
import type { Tx, UnitOfWork } from '@heed/persistence';
import type { RegistrationResponseJSON } from '@simplewebauthn/server';
import { findAuthenticator, insertAuthenticator, usableAuthenticators } from './adapters/authenticator.store.js';
import type { AuthenticatorRow, NewAuthenticator } from './adapters/authenticator.store.js';
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
    const { challenge, enrolment_id: enrolmentId } = await this.unitOfWork.run(tenant, (tx) => spendChallenge(tx, challengeId, actor, 'registration'));
    // Outside of any transaction: makers may be asked whether they have withdrawn a certificate.
    const registered = await this.webauthn.register(response, challenge);
    if (!registered) throw refused('registration_invalid', 'This is no answer to the options: not signed, from another page, or the user was not verified.');
    if (registered.method === 'software_local' && !this.allowSoftware) {
      throw refused('software_key_not_allowed', 'Software keys are for local use and are not let in here.');
    }
    const transports = response.response.transports ?? [];
    return this.unitOfWork.run(tenant, (tx) => this.take(tx, { ...registered, subject: actor, transports }, enrolmentId ?? ''));
  }

  private async take(tx: Tx, wanted: Omit<NewAuthenticator, 'id'>, enrolmentId: string): Promise<AuthenticatorRow> {
    const rule = await privilegedMfaOf(tx);
    if (!isStrongEnough(wanted.method, rule.value)) {
      throw refused('attestation_missing', 'The policy asks for a hardware key whose maker attests to it, and is known here.', promiseOf(rule));
    }
    const id = uuidv7(tx.clock.now());
    await useEnrolment(tx, enrolmentId);
    if (!(await insertAuthenticator(tx, { ...wanted, id }))) throw conflict('authenticator_known', 'This authenticator is enrolled already.');
    tx.record({ kind: 'authenticator.enrolled', data: { authenticatorId: id, subject: wanted.subject, method: wanted.method, enrolmentId } });
    const row = await findAuthenticator(tx, id);
    if (!row) throw new Error('unreachable: it was just inserted');
    return row;
  }
}
