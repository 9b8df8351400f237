import { registerStoresBody } from '@heed/contracts-subprocessor-registry';
import type { PublicKey } from '@heed/contracts-subprocessor-registry';
import { publicJwk } from '@heed/crypto';
import type { AgentKeys, OkpKey } from '@heed/crypto';
import { conflict, unavailable } from '@heed/kernel';
import { z } from 'zod';
import type { AgentEnvironment } from '../config/agent.config.js';
import type { StoreConfig } from '../config/agent-file.js';
import { machineToken } from './machine-token.js';

/** What Heed learns of the stores: their maps and the agent's public keys, never a connection. */
export function registrationOf(stores: readonly StoreConfig[], keys: AgentKeys): z.output<typeof registerStoresBody> {
  const agent = { signingKey: registered(keys.signing), encryptionKey: registered(keys.encryption) };
  return registerStoresBody.parse({
    stores: stores.map(({ id, kind, title, maxBackupAge, map }) => ({ id, kind, title, maxBackupAge, map, agent })),
  });
}

/** The registry's word for keys that never come back: the agent has to make others. */
export const REVOKED = 'agent_key_revoked';

const accepted = z.object({ mapVersion: z.int().default(0), activeMapVersion: z.int().default(0) });

/**
 * @returns whether every owner of dispatches has it by now
 * @throws HeedError until the registry has accepted; `agent_key_revoked` where it never will
 */
export async function register(body: z.output<typeof registerStoresBody>, env: AgentEnvironment): Promise<{ readonly active: boolean }> {
  const token = await machineToken({ issuer: env.HEED_ISSUER, clientId: env.HEED_CLIENT_ID, clientSecret: env.HEED_CLIENT_SECRET });
  const response = await fetch(`${env.HEED_ORIGIN.replace(/\/$/, '')}/v1/data-stores`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  if ([200, 201, 202].includes(response.status)) {
    const { mapVersion, activeMapVersion } = accepted.parse(await response.json());
    return { active: activeMapVersion >= mapVersion };
  }
  const problem: unknown = await response.json().catch(() => ({}));
  const code = typeof problem === 'object' && problem !== null && 'code' in problem ? String(problem.code) : 'unnamed';
  if (code === REVOKED) throw conflict(REVOKED, 'The registry holds the offered keys for revoked.');
  throw unavailable('registration_refused', `The registry answered ${response.status} (${code}).`);
}

function registered(key: OkpKey): PublicKey {
  const { kty, crv, x, kid } = publicJwk(key);
  return { kty, crv, x, kid };
}
