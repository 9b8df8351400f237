import { STEP_UP_HEADER } from '@heed/auth';
import type { SoftwareKey } from '@heed/local';
import type { Answer, RegistryUnderTest } from './registry-under-test.js';
import { ORIGIN } from './registry-under-test.js';

type Challenge = { readonly challenge: string; readonly rp: { readonly id: string }; readonly rpId: string };

/** Somebody who steps up, as their browser would. */
export class Person {
  constructor(
    private readonly registry: RegistryUnderTest,
    readonly tenant: string,
    readonly sub: string,
    readonly roles: readonly string[] = ['analyst'],
  ) {}

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.registry.post(this.tenant, path, body, { roles: this.roles, sub: this.sub, headers });
  }

  get(path: string): Promise<Answer> {
    return this.registry.get(this.tenant, path, { roles: this.roles, sub: this.sub });
  }

  options(code: string): Promise<Answer> {
    return this.post('/v1/authenticators/options', { code });
  }

  async register(key: SoftwareKey, code: string, origin = ORIGIN): Promise<Answer> {
    const { body } = await this.options(code);
    return this.post('/v1/authenticators', { id: body['id'], credential: key.create(body['options'] as Challenge, origin) });
  }

  begin(act: string, resource: string): Promise<Answer> {
    return this.post('/v1/step-ups', { act, resource });
  }

  complete(begun: Answer, key: SoftwareKey, origin = ORIGIN): Promise<Answer> {
    return this.post(`/v1/step-ups/${String(begun.body['id'])}/complete`, { assertion: key.get(begun.body['options'] as Challenge, origin) });
  }

  async stepUp(key: SoftwareKey, act: string, resource: string): Promise<Answer> {
    return this.complete(await this.begin(act, resource), key);
  }

  /** A code for somebody, given by this administrator with a step-up of theirs. */
  async enrol(subject: string, token: string): Promise<Answer> {
    return this.post('/v1/authenticators/enrolments', { subject }, { [STEP_UP_HEADER]: token });
  }
}
