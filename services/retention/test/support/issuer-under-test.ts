import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { startLocalIssuer } from './local-issuer.js';

const run = promisify(execFile);

/** A client whose tokens have one role; `scope` where the issuer lets a client choose among its roles. */
const testClient = z.strictObject({ id: z.string(), secret: z.string(), scope: z.string().optional() });
export type TestClient = z.output<typeof testClient>;

export const CALLERS = ['platform', 'analyst', 'dpo', 'tenant-admin', 'operator', 'auditor', 'agent', 'service', 'dpo of askasia'] as const;
export type CallerName = (typeof CALLERS)[number];

/** Any issuer that the identity specs can run against. */
export interface IssuerUnderTest {
  /** As tokens name it. Nobody listens there before the spec opens the way. */
  readonly url: string;
  readonly upstream: string;
  readonly clients: Readonly<Record<CallerName, TestClient>>;
  /** Signs with another key from now on and forgets the one of before. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

const environment = z.object({
  HEED_TEST_ISSUER: z.url(),
  HEED_TEST_ISSUER_UPSTREAM: z.url(),
  HEED_TEST_CLIENTS: z.string().transform((text): unknown => JSON.parse(text)).pipe(z.record(z.enum(CALLERS), testClient)),
  /** A program that rotates the issuer's keys. */
  HEED_TEST_ROTATE: z.string(),
});

/** The issuer that the environment names, e.g. Keycloak by `npm run test:keycloak`; by default the one of the embedded start. */
export async function issuerUnderTest(): Promise<IssuerUnderTest> {
  if (!process.env['HEED_TEST_ISSUER']) return startLocalIssuer();
  const named = environment.parse(process.env);
  return {
    url: named.HEED_TEST_ISSUER,
    upstream: named.HEED_TEST_ISSUER_UPSTREAM,
    clients: named.HEED_TEST_CLIENTS,
    rotate: async () => void (await run(process.execPath, [named.HEED_TEST_ROTATE])),
    stop: async () => undefined,
  };
}
