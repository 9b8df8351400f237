import { generateAgentKeys, publicJwk } from '@heed/crypto';
import type { DataStore } from '@heed/contracts-subprocessor-registry';
import { describe, expect, it } from 'vitest';
import { assertAgentKeys } from './agent-keys.js';

const keys = generateAgentKeys();
const [signing, encryption] = [publicJwk(keys.signing), publicJwk(keys.encryption)];

const storeWith = (agent: Partial<DataStore['agent']>): DataStore => ({
  id: 'crm',
  title: 'Customers',
  kind: 'http',
  maxBackupAge: 'P30D',
  agent: { signingKey: signing, encryptionKey: encryption, ...agent },
  map: { identifiers: ['email'], fields: [], purposes: [] },
});

describe('the keys of an agent', () => {
  it('are taken when they are what they say', () => {
    expect(() => assertAgentKeys(storeWith({}))).not.toThrow();
  });

  it.each([
    ['an encryption key too short', { encryptionKey: { ...encryption, x: 'AAAA' } }, /encryptionKey of the store crm/],
    ['an encryption key of another curve', { encryptionKey: { ...encryption, kty: 'EC', crv: 'P-256' } }, /encryptionKey of the store crm/],
    ['a signing key in the place of the encryption key', { encryptionKey: signing }, /encryptionKey of the store crm/],
    ['a signing key that is none', { signingKey: { ...signing, x: '' } }, /signingKey of the store crm/],
  ] as const)('are refused: %s', (_, agent, message) => {
    expect(() => assertAgentKeys(storeWith(agent))).toThrow(message);
  });
});
