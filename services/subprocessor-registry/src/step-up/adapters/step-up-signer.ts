import { STEP_UP_AUDIENCE, STEP_UP_SECONDS, STEP_UP_TYPE } from '@heed/auth';
import type { StepUp } from '@heed/auth';
import { fileSecret, generateAgentKeys, privateKeyObject, publicJwk } from '@heed/crypto';
import type { OkpKey } from '@heed/crypto';
import type { Clock } from '@heed/kernel';
import { SignJWT } from 'jose';
import type { JSONWebKeySet } from 'jose';
import path from 'node:path';

/** Signs what a person has proven, so that every service can check it by itself. */
export class StepUpSigner {
  private constructor(
    private readonly key: OkpKey,
    private readonly issuer: string,
    private readonly clock: Clock,
  ) {}

  /** All instances of the service share the key in their folder of keys. */
  static async open(keysDir: string, issuer: string, clock: Clock): Promise<StepUpSigner> {
    return new StepUpSigner(await fileSecret(path.join(keysDir, 'step-up.signing.json'), () => generateAgentKeys().signing), issuer, clock);
  }

  get publicKeys(): JSONWebKeySet {
    return { keys: [{ ...publicJwk(this.key), alg: 'EdDSA', use: 'sig' }] };
  }

  async sign(proof: Omit<StepUp, 'expiresAt'> & { readonly tenant: string; readonly subject: string }): Promise<{ token: string; expiresAt: Date }> {
    const now = Math.floor(this.clock.now().getTime() / 1000);
    const { tenant, subject, act, resource, method } = proof;
    const token = await new SignJWT({ tenant, act, resource, method })
      .setProtectedHeader({ alg: 'EdDSA', kid: this.key.kid, typ: STEP_UP_TYPE })
      .setIssuer(this.issuer)
      .setAudience(STEP_UP_AUDIENCE)
      .setSubject(subject)
      .setJti(proof.id)
      .setIssuedAt(now)
      .setExpirationTime(now + STEP_UP_SECONDS)
      .sign(privateKeyObject(this.key));
    return { token, expiresAt: new Date((now + STEP_UP_SECONDS) * 1000) };
  }
}
