import { SoftwareKey } from '@heed/local';
import type { SoftwareKeyHabits } from '@heed/local';
import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AttestationRoots } from '../src/step-up/adapters/attestation.js';
import { WebAuthn } from '../src/step-up/webauthn.js';

const run = promisify(execFile);
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const PARTY = { id: 'heed.example', origins: ['https://heed.example'] };
const AAGUID = 'fbfc3007-154e-4ecc-8c0b-6e020557d7bd';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'heed-makers-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A maker of security keys: a root, and the certificate in a batch of keys, as WebAuthn wants it (8.2.1). */
async function maker(name: string): Promise<{ root: string; leaf: string; habits: SoftwareKeyHabits }> {
  const file = (part: string): string => path.join(dir, `${name}.${part}`);
  const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'];
  await run('openssl', ['req', '-x509', ...NEW_KEY, '-days', '2', '-subj', `/CN=${name} root`, ...ca, '-keyout', file('ca.key'), '-out', file('ca.pem')]);
  await writeFile(file('ext'), 'basicConstraints=critical,CA:FALSE\n');
  const subject = `/C=IN/O=${name}/OU=Authenticator Attestation/CN=${name} batch 1`;
  await run('openssl', ['req', '-new', ...NEW_KEY, '-subj', subject, '-keyout', file('key'), '-out', file('csr')]);
  const signed = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', file('ext')];
  await run('openssl', ['x509', '-req', '-in', file('csr'), ...signed, '-out', file('pem')]);
  const [root, leaf, key] = await Promise.all([file('ca.pem'), file('pem'), file('key')].map((one) => readFile(one, 'utf8')));
  const attestation = { privateKey: createPrivateKey(key ?? ''), chain: [new X509Certificate(leaf ?? '').raw] };
  return { root: root ?? '', leaf: leaf ?? '', habits: { aaguid: AAGUID, attestation } };
}

/** What the registry takes a new key for, whose operator trusts these makers. */
async function methodOf(habits: SoftwareKeyHabits, roots: readonly string[]): Promise<string | undefined> {
  const folder = path.join(dir, `roots-${Math.random()}`);
  await mkdir(folder);
  await Promise.all(roots.map((root, i) => writeFile(path.join(folder, `${i}.pem`), root)));
  const webauthn = new WebAuthn(PARTY, await AttestationRoots.read(folder));
  const credential = SoftwareKey.make(habits).create({ challenge: 'AAAA', rp: PARTY }, 'https://heed.example');
  return (await webauthn.register(credential, 'AAAA'))?.method;
}

describe('an authenticator counts as hardware (AJU-49)', () => {
  it('where its maker attests to it and is known, and not where another is', async () => {
    const [known, other] = [await maker('known'), await maker('other')];
    expect(await methodOf(known.habits, [other.root, known.root])).toBe('fido2_hardware');
    expect(await methodOf(known.habits, [known.leaf])).toBe('fido2_hardware');
    expect(await methodOf(known.habits, [other.root])).toBe('webauthn');
    expect(await methodOf(known.habits, [])).toBe('webauthn');
  });

  it('where its maker sends its root along', async () => {
    const { root, habits } = await maker('chatty');
    const chain = [...(habits.attestation?.chain ?? []), new X509Certificate(root).raw];
    const chatty = { ...habits, attestation: { privateKey: createPrivateKey(await readFile(path.join(dir, 'chatty.key'), 'utf8')), chain } };
    expect(await methodOf(chatty, [root])).toBe('fido2_hardware');
    expect(await methodOf(chatty, [(await maker('third')).root])).toBe('webauthn');
  });

  it('only where it cannot be copied to another device', async () => {
    const { root, habits } = await maker('syncing');
    expect(await methodOf({ ...habits, backupEligible: true }, [root])).toBe('webauthn');
  });

  it("not by a maker's certificate with somebody else's signature, nor by its own word", async () => {
    const [known, forger] = [await maker('honest'), await maker('forger')];
    const forged = { privateKey: createPrivateKey(await readFile(path.join(dir, 'forger.key'), 'utf8')), chain: known.habits.attestation?.chain ?? [] };
    expect(await methodOf({ aaguid: AAGUID, attestation: forged }, [known.root, forger.root])).toBeUndefined();
    expect(await methodOf({ aaguid: AAGUID }, [known.root])).toBe('webauthn');
  });
});
