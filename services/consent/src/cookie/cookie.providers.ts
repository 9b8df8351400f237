import { PolicyStore } from '@heed/tenant-policy';
import type { Provider } from '@nestjs/common';
import { CheckConsent } from '../check/check.use-case.js';
import { CookieController } from './cookie.controller.js';
import { CookieGate } from './cookie-gate.use-case.js';

export const cookieControllers = [CookieController];

export const cookieProviders: readonly Provider[] = [
  { provide: CookieGate, inject: [CheckConsent, PolicyStore], useFactory: (checks: CheckConsent, policies: PolicyStore) => new CookieGate(checks, policies) },
];
