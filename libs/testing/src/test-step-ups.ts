import { STEP_UP, STEP_UP_AUDIENCE, STEP_UP_SECONDS, STEP_UP_TYPE } from '@heed/auth';
import type { StepUpMethod, StepUpNeed } from '@heed/auth';
import { uuidv7 } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a test's step-up says; what it leaves out is as it should be. */
export interface TestStepUp extends StepUpNeed {
  /** Default `fido2_hardware`, which is enough for every policy. */
  readonly method?: StepUpMethod;
  readonly id?: string;
  /** Default: Heed's origin. */
  readonly issuer?: string;
}

/**
 * Stands in for the registry where a service that serves privileged acts is tested alone: signs step-ups and tells its key.
 * @example const stepUps = await TestStepUps.start(clock, origin); await stepUps.token({ tenant, subject, act, resource })
 */
export class TestStepUps {
  /** How often its keys were asked for. */
  asked = 0;

  private constructor(
    readonly url: string,
    private readonly sign: (claims: SignJWT) => Promise<string>,
    private readonly clock: Clock,
    private readonly origin: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(clock: Clock, origin: string): Promise<TestStepUps> {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
    const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'EdDSA', use: 'sig' }] });
    const server = createServer((request, response) => {
      const isKeys = request.url === '/internal/step-up-keys' && request.headers.authorization?.startsWith('Bearer ') === true;
      if (isKeys) stepUps.asked += 1;
      response.writeHead(isKeys ? 200 : 404, { 'content-type': 'application/json' }).end(isKeys ? keys : '{"code":"not_found"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const stop = async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    };
    const sign = (claims: SignJWT): Promise<string> => claims.setProtectedHeader({ alg: 'EdDSA', kid: 'test', typ: STEP_UP_TYPE }).sign(privateKey);
    const stepUps = new TestStepUps(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, sign, clock, origin, stop);
    return stepUps;
  }

  async token({ tenant, subject, act, resource, method = 'fido2_hardware', id = uuidv7(), issuer = this.origin }: TestStepUp): Promise<string> {
    const now = Math.floor(this.clock.now().getTime() / 1000);
    const claims = new SignJWT({ tenant, act, resource, method }).setIssuer(issuer).setAudience(STEP_UP_AUDIENCE).setSubject(subject).setJti(id);
    return this.sign(claims.setIssuedAt(now).setExpirationTime(now + STEP_UP_SECONDS));
  }
}

/** The act that a call needs a step-up for, and the resource that its path names. */
export function guardedActOf(call: string): { readonly act: string; readonly resource: string } | undefined {
  for (const [route, { act, resource }] of Object.entries(STEP_UP)) {
    const named = new RegExp(`^${route.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`).exec(call)?.groups?.[resource];
    if (named !== undefined) return { act, resource: named };
  }
  return undefined;
}
