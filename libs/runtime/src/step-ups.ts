import type { FetchStepUpKeys } from '@heed/auth';
import { ConfigError } from '@heed/config';
import type { ServiceEnvironment } from '@heed/config';
import type { HttpServiceOptions } from '@heed/http';
import { z } from 'zod';
import { InternalClient } from './internal-client.js';

const stepUpKeys = z.object({
  keys: z.array(z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), kid: z.string(), alg: z.literal('EdDSA') })),
});

/** How a service verifies step-ups; undefined where nothing says whose keys count. */
export function stepUpsOf(environment: ServiceEnvironment, own: FetchStepUpKeys | undefined): HttpServiceOptions['stepUps'] {
  const fetchKeys = own ?? ofRegistry(environment);
  return fetchKeys && { issuer: environment.HEED_ORIGIN, allowSoftware: environment.HEED_ALLOW_SOFTWARE_KEYS, fetchKeys };
}

function ofRegistry(environment: ServiceEnvironment): FetchStepUpKeys | undefined {
  if (environment.HEED_REGISTRY_URL === undefined) return undefined;
  const registry = new InternalClient(environment.HEED_REGISTRY_URL, environment);
  return (tenant) => registry.get('/internal/step-up-keys', tenant, stepUpKeys, { timeoutMs: 5000 });
}

/** Whoever can read a file could approve an erasure. */
export function refuseSoftwareKeysInProduction(environment: ServiceEnvironment): void {
  if (!environment.HEED_ALLOW_SOFTWARE_KEYS || environment.NODE_ENV !== 'production') return;
  throw new ConfigError('Configuration refused: HEED_ALLOW_SOFTWARE_KEYS is for local use and cannot be set in production');
}
