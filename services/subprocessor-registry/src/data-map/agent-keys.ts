import type { DataStore, PublicKey } from '@heed/contracts-subprocessor-registry';
import { publicKeyObject } from '@heed/crypto';
import { malformed } from '@heed/kernel';

/**
 * Every envelope is sealed to all of its stores at once: one key that has the form of a key and is none would hold up the
 * tenant's whole fan-out, so it does not get in.
 * @throws HeedError `agent_key_invalid` (400)
 */
export function assertAgentKeys({ id, agent }: DataStore): void {
  if (!isKey(agent.signingKey, 'Ed25519')) throw invalid(id, 'signingKey', 'an Ed25519');
  if (!isKey(agent.encryptionKey, 'X25519')) throw invalid(id, 'encryptionKey', 'an X25519');
}

function isKey(key: PublicKey, curve: PublicKey['crv']): boolean {
  if (key.kty !== 'OKP' || key.crv !== curve) return false;
  try {
    publicKeyObject(key);
    return true;
  } catch {
    return false;
  }
}

const invalid = (store: string, field: string, wanted: string): Error =>
  malformed('agent_key_invalid', `The ${field} of the store ${store} is not ${wanted} public key as a JWK.`);
