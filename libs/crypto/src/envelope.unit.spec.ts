import { GeneralEncrypt, generalDecrypt } from 'jose';
import type { GeneralJWE } from 'jose';
import { describe, expect, it } from 'vitest';
import { openEnvelope, sealTo } from './envelope.js';
import type { Envelope } from './envelope.js';
import { generateAgentKeys, privateKeyObject, publicJwk, publicKeyObject } from './keys.js';

const ada = [{ type: 'email' as const, value: 'ada@example.com' }];
const aad = 'ajuni|con_1';
const crm = generateAgentKeys().encryption;
const telemetry = generateAgentKeys().encryption;
const seal = (): Envelope => sealTo([{ store: 'crm', key: publicJwk(crm) }, { store: 'telemetry', key: publicJwk(telemetry) }], ada, aad);

describe('an envelope', () => {
  it('is read by each of its stores, and says nobody in the clear', () => {
    const sealed = seal();
    for (const [store, privateKey] of [['crm', crm], ['telemetry', telemetry]] as const) {
      expect(openEnvelope(sealed, { store, privateKey, aad })).toEqual({ identifiers: ada });
    }
    expect(JSON.stringify(sealed)).not.toContain('ada');
  });

  it('is a JWE that another implementation reads', async () => {
    const sealed = seal();
    for (const key of [crm, telemetry]) {
      const recipients = sealed.recipients.filter(({ header }) => String(header['kid']).endsWith(key.kid));
      const { plaintext } = await generalDecrypt({ ...sealed, recipients } as GeneralJWE, privateKeyObject(key));
      expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual({ identifiers: ada });
    }
  });

  it('may come from another implementation', async () => {
    const encrypt = new GeneralEncrypt(Buffer.from(JSON.stringify({ identifiers: ada }))).setProtectedHeader({ enc: 'A256GCM' }).setAdditionalAuthenticatedData(Buffer.from(aad));
    for (const [store, key] of [['crm', crm], ['telemetry', telemetry]] as const) {
      encrypt.addRecipient(publicKeyObject(key)).setUnprotectedHeader({ alg: 'ECDH-ES+A256KW', kid: `${store}/${key.kid}` });
    }
    const foreign = (await encrypt.encrypt()) as unknown as Envelope;
    expect(openEnvelope(foreign, { store: 'telemetry', privateKey: telemetry, aad })).toEqual({ identifiers: ada });
  });

  it('has a content key, an iv and an ephemeral key of its own', () => {
    const [a, b] = [seal(), seal()];
    expect(a.iv).not.toBe(b.iv);
    expect(a.recipients[0]?.header['epk']).not.toEqual(b.recipients[0]?.header['epk']);
    expect(a.recipients[0]?.encrypted_key).not.toBe(b.recipients[0]?.encrypted_key);
  });

  it.each([
    ['another dispatch', { aad: 'ajuni|con_2' }],
    ['another tenant', { aad: 'aurigen|con_1' }],
    ['a store that is not named', { store: 'warehouse' }],
    ["another store's key", { privateKey: telemetry }],
  ])('is not opened for %s', (_, change) => {
    expect(() => openEnvelope(seal(), { store: 'crm', privateKey: crm, aad, ...change })).toThrow(expect.objectContaining({ code: 'envelope_unreadable' }));
  });

  const flipped = (text: string): string => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
  it.each<[string, (sealed: Envelope) => Envelope]>([
    ['ciphertext', (e) => ({ ...e, ciphertext: flipped(e.ciphertext) })],
    ['tag', (e) => ({ ...e, tag: flipped(e.tag) })],
    ['shortened tag', (e) => ({ ...e, tag: e.tag.slice(0, 16) })],
    ['iv', (e) => ({ ...e, iv: flipped(e.iv) })],
    ['protected header', (e) => ({ ...e, protected: Buffer.from('{"enc":"A128GCM"}').toString('base64url') })],
    ['wrapped key', (e) => ({ ...e, recipients: e.recipients.map((r) => ({ ...r, encrypted_key: flipped(r.encrypted_key) })) })],
    ['ephemeral key', (e) => ({ ...e, recipients: e.recipients.map((r) => ({ ...r, header: { ...r.header, epk: { kty: 'OKP', crv: 'X25519', x: telemetry.x } } })) })],
    ['missing ephemeral key', (e) => ({ ...e, recipients: e.recipients.map((r) => ({ ...r, header: { kid: r.header['kid'], alg: r.header['alg'] } })) })],
    ['algorithm', (e) => ({ ...e, recipients: e.recipients.map((r) => ({ ...r, header: { ...r.header, alg: 'dir' } })) })],
    ['recipients', (e) => ({ ...e, recipients: [] })],
  ])('is not opened with a changed %s', (_, change) => {
    expect(() => openEnvelope(change(seal()), { store: 'crm', privateKey: crm, aad })).toThrow(expect.objectContaining({ code: 'envelope_unreadable' }));
  });
});
