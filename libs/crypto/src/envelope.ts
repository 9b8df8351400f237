import { malformed } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { ephemeralKey, KEY_ALGORITHM, unwrapKey, wrapKey } from './ecdh-es.js';
import { privateKeyObject, publicKeyObject } from './keys.js';
import type { OkpKey } from './keys.js';

/** The JSON of an envelope (RFC 7516, General serialization) as contracts declare it. */
export interface Envelope {
  protected: string;
  unprotected?: Record<string, unknown> | undefined;
  aad: string;
  iv: string;
  ciphertext: string;
  tag: string;
  recipients: { encrypted_key: string; header: Record<string, unknown> }[];
}

export interface Recipient {
  readonly store: string;
  readonly key: { readonly kty: string; readonly crv: string; readonly x: string; readonly kid: string };
}

const CIPHER = 'aes-256-gcm';
const base64url = (text: string): string => Buffer.from(text).toString('base64url');
const PROTECTED = base64url(JSON.stringify({ enc: 'A256GCM' }));

/**
 * Seals a person's identifiers so that only the named stores can read them.
 * @param aad `<tenant>|<dispatchId>`: an envelope opened for anything else is refused.
 */
export function sealTo(recipients: readonly Recipient[], identifiers: readonly Identifier[], aad: string): Envelope {
  const contentKey = randomBytes(32);
  const iv = randomBytes(12);
  const bound = base64url(aad);
  const cipher = createCipheriv(CIPHER, createSecretKey(contentKey), iv).setAAD(Buffer.from(`${PROTECTED}.${bound}`));
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify({ identifiers }), 'utf8'), cipher.final()]);
  const ephemeral = ephemeralKey();
  return {
    protected: PROTECTED,
    aad: bound,
    iv: iv.toString('base64url'),
    ciphertext: ciphertext.toString('base64url'),
    tag: cipher.getAuthTag().toString('base64url'),
    recipients: recipients.map(({ store, key }) => ({
      encrypted_key: wrapKey(contentKey, ephemeral, publicKeyObject(key)),
      header: { alg: KEY_ALGORITHM, kid: `${store}/${key.kid}`, epk: ephemeral.epk },
    })),
  };
}

/** @throws HeedError `envelope_unreadable` when it is not for this store and key, was changed, or belongs elsewhere. */
export function openEnvelope(
  envelope: Envelope,
  options: { readonly store: string; readonly privateKey: OkpKey; readonly aad: string },
): { identifiers: Identifier[] } {
  const kid = `${options.store}/${options.privateKey.kid}`;
  const mine = envelope.recipients.find(({ header }) => header['kid'] === kid);
  try {
    if (!mine || mine.header['alg'] !== KEY_ALGORITHM || envelope.protected !== PROTECTED || envelope.aad !== base64url(options.aad)) throw new Error();
    const contentKey = unwrapKey(mine.encrypted_key, mine.header['epk'], privateKeyObject(options.privateKey));
    const decipher = createDecipheriv(CIPHER, createSecretKey(contentKey), Buffer.from(envelope.iv, 'base64url'), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(`${envelope.protected}.${envelope.aad}`)).setAuthTag(Buffer.from(envelope.tag, 'base64url'));
    const plain = Buffer.concat([decipher.update(Buffer.from(envelope.ciphertext, 'base64url')), decipher.final()]);
    return JSON.parse(plain.toString('utf8')) as { identifiers: Identifier[] };
  } catch {
    throw malformed('envelope_unreadable', 'The sealed identifiers are not readable for this store.');
  }
}
