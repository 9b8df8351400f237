import type { Clock } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import { CLOCK } from '@heed/runtime';
import type { Provider } from '@nestjs/common';
import type { RegistryEnvironment } from '../subprocessor-registry.config.js';
import { AttestationRoots } from './adapters/attestation.js';
import { StepUpSigner } from './adapters/step-up-signer.js';
import { relyingPartyOf } from './domain/relying-party.js';
import { EnrolAuthenticator } from './enrol-authenticator.use-case.js';
import { StepUpCeremony } from './step-up.use-case.js';
import { WebAuthn } from './webauthn.js';

/** What step-ups are made of, where Heed is reached and whom the operator trusts. */
export function stepUpProviders(environment: RegistryEnvironment): Provider[] {
  const { HEED_ORIGIN: origin, HEED_KEYS_DIR: keysDir, HEED_FIDO_ROOTS: roots, HEED_ALLOW_SOFTWARE_KEYS: allowSoftware } = environment;
  return [
    { provide: StepUpSigner, inject: [CLOCK], useFactory: (clock: Clock) => StepUpSigner.open(keysDir, origin, clock) },
    { provide: WebAuthn, useFactory: async () => new WebAuthn(relyingPartyOf(origin), await AttestationRoots.read(roots)) },
    {
      provide: EnrolAuthenticator,
      inject: [UnitOfWork, WebAuthn],
      useFactory: (unitOfWork: UnitOfWork, webauthn: WebAuthn) => new EnrolAuthenticator(unitOfWork, webauthn, allowSoftware),
    },
    {
      provide: StepUpCeremony,
      inject: [UnitOfWork, WebAuthn, StepUpSigner],
      useFactory: (unitOfWork: UnitOfWork, webauthn: WebAuthn, signer: StepUpSigner) => new StepUpCeremony({ unitOfWork, webauthn, signer, allowSoftware }),
    },
  ];
}
