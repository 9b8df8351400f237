import { SOFTWARE_KEY_AAGUID } from '@heed/auth';
import type { StepUpMethod } from '@heed/auth';
import { generateAuthenticationOptions, generateRegistrationOptions, verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { createHash } from 'node:crypto';
import type { AttestationRoots } from './adapters/attestation.js';
import type { AuthenticatorRow } from './adapters/authenticator.store.js';
import { CHALLENGE_SECONDS } from './adapters/challenge.store.js';
import type { RelyingParty } from './domain/relying-party.js';

export interface Registered {
  readonly credentialId: string;
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly aaguid: string;
  readonly method: StepUpMethod;
}

type Options = Readonly<Record<string, unknown>> & { readonly challenge: string };

/** EdDSA, ES256 and RS256 (COSE): what security keys and platforms have. */
const ALGORITHMS = [-8, -7, -257];
const TIMEOUT_MS = CHALLENGE_SECONDS * 1000;

/** The ceremonies of WebAuthn, as Heed wants them: the person is verified by their authenticator, always. */
export class WebAuthn {
  constructor(
    private readonly party: RelyingParty,
    private readonly roots: AttestationRoots,
  ) {}

  /** Asks for an attestation where the policy wants to know whose make the key is; where not, nobody is asked. */
  async registrationOptions(tenant: string, subject: string, known: readonly AuthenticatorRow[], hardware: boolean): Promise<Options> {
    const options = await generateRegistrationOptions({
      rpName: 'Heed',
      rpID: this.party.id,
      userName: subject,
      userID: new Uint8Array(createHash('sha256').update(`${tenant}\n${subject}`).digest()),
      timeout: TIMEOUT_MS,
      supportedAlgorithmIDs: ALGORITHMS,
      attestationType: hardware ? 'direct' : 'none',
      excludeCredentials: known.map(({ credential_id: id }) => ({ id })),
      authenticatorSelection: { userVerification: 'required', residentKey: 'discouraged', ...(hardware ? { authenticatorAttachment: 'cross-platform' } : {}) },
    });
    return { ...options };
  }

  async assertionOptions(authenticators: readonly AuthenticatorRow[]): Promise<Options> {
    const options = await generateAuthenticationOptions({
      rpID: this.party.id,
      timeout: TIMEOUT_MS,
      userVerification: 'required',
      allowCredentials: authenticators.map(({ credential_id: id, transports }) => ({ id, transports: [...transports] })),
    });
    return { ...options };
  }

  /** Undefined where the answer is not one to this challenge, from these pages, by a verified user. */
  async register(response: RegistrationResponseJSON, challenge: string): Promise<Registered | undefined> {
    const { verified, registrationInfo: info } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: [...this.party.origins],
      expectedRPID: this.party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    }).catch(() => ({ verified: false as const, registrationInfo: undefined }));
    if (!verified || !info) return undefined;
    const { id: credentialId, publicKey, counter } = info.credential;
    return { credentialId, publicKey, counter, aaguid: info.aaguid, method: await this.methodOf(info) };
  }

  /** The new counter; undefined where the answer is not one to this challenge, by this authenticator, with a verified user. */
  async assert(response: AuthenticationResponseJSON, challenge: string, by: AuthenticatorRow): Promise<number | undefined> {
    const answer = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: [...this.party.origins],
      expectedRPID: this.party.id,
      requireUserVerification: true,
      // The counter is compared by Heed itself, which has to tell a copy from a forgery.
      credential: { id: by.credential_id, publicKey: new Uint8Array(by.public_key), counter: 0 },
    }).catch(() => undefined);
    return answer?.verified ? answer.authenticationInfo.newCounter : undefined;
  }

  /** Hardware is what cannot be copied to another device, and whose maker vouches for it. */
  private async methodOf(info: { aaguid: string; credentialDeviceType: string; attestationObject: Uint8Array<ArrayBuffer> }): Promise<StepUpMethod> {
    if (info.aaguid === SOFTWARE_KEY_AAGUID) return 'software_local';
    const vouched = info.credentialDeviceType === 'singleDevice' && (await this.roots.vouchFor(info.attestationObject));
    return vouched ? 'fido2_hardware' : 'webauthn';
  }
}

/** Authenticators that count do so upwards; those that do not, stay at nought. */
export const wentBack = (before: number, now: number): boolean => (before > 0 || now > 0) && now <= before;
