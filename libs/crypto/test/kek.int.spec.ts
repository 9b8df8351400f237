import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileKek, KmsKek, Pkcs11Kek } from '@heed/crypto';
import type { KekProvider } from '@heed/crypto';
import { TestBao, testSofthsm } from '@heed/testing';
import pkcs11 from 'pkcs11js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kekConformance } from './kek-conformance.js';

let dir: string;
let bao: TestBao;
let ca: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'heed-kek-'));
  bao = await TestBao.start(path.join(dir, 'bao'));
  ca = await readFile(bao.caFile, 'utf8');
});
afterAll(async () => {
  await bao.kill();
  await rm(dir, { recursive: true, force: true });
});

const refusal = (code: string): unknown => expect.objectContaining({ code });

kekConformance('files', async () => ({ open: () => new FileKek(path.join(dir, 'files')) }));

kekConformance('a PKCS#11 token', async () => {
  const token = await testSofthsm(path.join(dir, 'hsm'));
  return { open: () => new Pkcs11Kek({ ...token, prefix: 'heed' }) };
});

kekConformance('a KMS', async () => {
  return { open: () => kms() };
});

function kms(change: { url?: string; timeoutMs?: number; ca?: string | undefined; tokenFile?: string } = {}): KekProvider {
  return new KmsKek({ url: bao.url, mount: 'transit', tokenFile: bao.tokenFile, ca, timeoutMs: 3000, prefix: 'heed', ...change });
}

it('files are their owner\'s alone, and one that others may read is not used', async () => {
  const kek = new FileKek(path.join(dir, 'modes'));
  await kek.ensure('ajuni');
  const [name = ''] = await readdir(path.join(dir, 'modes'));
  expect((await stat(path.join(dir, 'modes', name))).mode & 0o777).toBe(0o600);
  expect((await stat(path.join(dir, 'modes'))).mode & 0o777).toBe(0o700);
  await chmod(path.join(dir, 'modes', name), 0o644);
  await expect(kek.wrap('ajuni', randomBytes(32), 'a')).rejects.toEqual(refusal('kek_exposed'));
});

it('a PKCS#11 session that is lost is opened again', async () => {
  const token = await testSofthsm(path.join(dir, 'hsm'), 'lost');
  const kek = new Pkcs11Kek({ ...token, prefix: 'heed' });
  await kek.ensure('ajuni');
  const module = new pkcs11.PKCS11();
  module.load(token.module);
  expect(() => module.C_Initialize()).toThrow('CKR_CRYPTOKI_ALREADY_INITIALIZED');
  for (const slot of module.C_GetSlotList(true)) module.C_CloseAllSessions(slot);
  expect(await kek.current('ajuni')).toBe(1);
  await kek.close();
});

it('a PKCS#11 token with another label, or another PIN, is unavailable and says so', async () => {
  const token = await testSofthsm(path.join(dir, 'hsm'), 'guarded');
  const other = new Pkcs11Kek({ ...token, label: 'none', prefix: 'heed' });
  await expect(other.current('ajuni')).rejects.toEqual(refusal('kek_unavailable'));
  await writeFile(token.pinFile, 'wrong');
  const wrong = new Pkcs11Kek({ ...token, prefix: 'heed' });
  await expect(wrong.current('ajuni')).rejects.toEqual(refusal('kek_unavailable'));
  await Promise.all([other.close(), wrong.close()]);
});

it('a KMS that is killed is unavailable, and serves again when it is back, with the keys it had', async () => {
  const kek = kms({ timeoutMs: 1500 });
  await kek.ensure('through');
  const key = randomBytes(32);
  const wrapped = await kek.wrap('through', key, 'a');
  await bao.kill();
  await expect(kek.unwrap('through', wrapped, 'a')).rejects.toEqual(refusal('kek_unavailable'));
  await bao.begin();
  expect((await kek.unwrap('through', wrapped, 'a')).equals(key)).toBe(true);
  await kek.close();
});

it('a KMS token with the documented rights of a service wraps and rotates, and makes or destroys no key', async () => {
  const docs = await readFile(path.join(import.meta.dirname, '../../../docs/keys.md'), 'utf8');
  const policy = (name: string): string => new RegExp(`bao policy write ${name} - <<'POLICY'\n([^]*?)POLICY`).exec(docs)?.[1] ?? '';
  const operator = kms({ tokenFile: await bao.tokenFor('operator', policy('heed-operator')) });
  const limited = kms({ tokenFile: await bao.tokenFor('service', policy('heed-service')) });
  const key = randomBytes(32);
  await operator.ensure('limited');
  await expect(operator.wrap('limited', key, 'a')).rejects.toEqual(refusal('kek_unavailable'));
  const wrapped = await limited.wrap('limited', key, 'a');
  expect(await limited.rotate('limited')).toBe(2);
  expect((await limited.unwrap('limited', wrapped, 'a')).equals(key)).toBe(true);
  for (const act of [() => limited.ensure('another'), () => limited.destroy('limited'), () => limited.retire('limited', 1)]) {
    await expect(act()).rejects.toMatchObject({ code: 'kek_unavailable', message: expect.stringContaining('refuses the token') });
  }
  await operator.retire('limited', 1);
  await operator.destroy('limited');
  await Promise.all([operator.close(), limited.close()]);
});

it('a KMS is believed by its certificate alone', async () => {
  const unbelieving = kms({ ca: undefined });
  await expect(unbelieving.current('ajuni')).rejects.toEqual(refusal('kek_unavailable'));
  await unbelieving.close();
});
