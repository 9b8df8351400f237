import { loadSamplePack } from '@heed/policy';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVICES } from '../system/context.js';
import { agentClientId, cliClientId, serviceClientId } from './clients.js';
import { SecretCheck } from './secret-check.js';
import { hashSecret, isSecretOf } from './secret-hash.js';
import { writeIssuerClients } from './write-clients.js';

/** From the least to the most that a guess costs. */
const STRENGTH = ['bcrypt', 'scrypt', 'argon2id'];
const tenants = ['ajuni', 'askasia'];
const ids = [...tenants.map(cliClientId), ...tenants.map(agentClientId), ...SERVICES.map(serviceClientId)];
const secrets = Object.fromEntries(ids.map((id) => [id, `secret-of-${id}-0123456789`]));
const known = tenants.map((id) => ({ id, tokenSeconds: 600 }));
let dir: string;
let file: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heed-clients-'));
  file = join(dir, 'clients.json');
  await writeIssuerClients(file, known, secrets);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const stored = async (): Promise<{ id: string; secretHash: string }[]> => JSON.parse(await readFile(file, 'utf8')) as { id: string; secretHash: string }[];

describe('the issuer’s own file', () => {
  it('ASK-18: keeps credentials as hashes of the promised strength or better, each with a salt of its own, and no secret', async () => {
    const promised = loadSamplePack('askasia').security.passwordHash.value;
    expect(promised).toBe('bcrypt');
    const text = await readFile(file, 'utf8');
    for (const secret of Object.values(secrets)) expect(text).not.toContain(secret);
    const clients = await stored();
    expect(clients.map(({ id }) => id).sort()).toEqual([...ids].sort());
    for (const { secretHash } of clients) {
      const [, algorithm = '', , cost] = secretHash.split('$');
      expect(STRENGTH.indexOf(algorithm)).toBeGreaterThanOrEqual(STRENGTH.indexOf(promised));
      expect(cost).toBe('m=19456,t=2,p=1');
    }
    expect(new Set(clients.map(({ secretHash }) => secretHash.split('$')[4])).size).toBe(ids.length);
  });

  it('keeps the hashes of secrets that stay, and makes one anew whose secret changed', async () => {
    const before = new Map((await stored()).map(({ id, secretHash }) => [id, secretHash]));
    await writeIssuerClients(file, known, { ...secrets, 'cli.ajuni': 'quite-another-secret' });
    const after = new Map((await stored()).map(({ id, secretHash }) => [id, secretHash]));
    expect([...after].filter(([id, hash]) => before.get(id) !== hash).map(([id]) => id)).toEqual(['cli.ajuni']);
    expect(await isSecretOf(after.get('cli.ajuni') ?? '', 'quite-another-secret')).toBe(true);
  });
});

describe('a check of a secret', () => {
  it('is right for the secret alone, the first time and later', async () => {
    const check = new SecretCheck();
    const hashed = await hashSecret('right');
    expect(await check.matches(hashed, 'wrong')).toBe(false);
    expect(await check.matches(hashed, 'right')).toBe(true);
    expect(await check.matches(hashed, 'right')).toBe(true);
    expect(await check.matches(hashed, 'wrong')).toBe(false);
    expect(await check.matches('right', 'right')).toBe(false);
  });
});
