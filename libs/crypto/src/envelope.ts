import { malformed } from '@heed/kernel';
import type { Identifier } from '@heed/kernel';
import { base64url, GeneralEncrypt, generalDecrypt } from 'jose';
import type { GeneralJWE } from 'jose';
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

/**
 * Seals a person's identifiers so that only the named stores can read them.
 * @param aad `<tenant>|<dispatchId>`: an envelope opened for anything else is refused.
 */
export async function sealTo(recipients: readonly Recipient[], identifiers: readonly Identifier[], aad: string): Promise<Envelope> {
  const encrypt = new GeneralEncrypt(new TextEncoder().encode(JSON.stringify({ identifiers })))
    .setProtectedHeader({ enc: 'A256GCM' })
    .setAdditionalAuthenticatedData(new TextEncoder().encode(aad));
  for (const { store, key } of recipients) {
    encrypt.addRecipient(publicKeyObject(key)).setUnprotectedHeader({ alg: 'ECDH-ES+A256KW', kid: `${store}/${key.kid}` });
  }
  const sealed = await encrypt.encrypt();
  return {
    protected: sealed.protected ?? '',
    aad: sealed.aad ?? '',
    iv: sealed.iv ?? '',
    ciphertext: sealed.ciphertext,
    tag: sealed.tag ?? '',
    recipients: sealed.recipients.map((r) => ({ encrypted_key: r.encrypted_key ?? '', header: { ...r.header } })),
  };
}

/** @throws HeedError `envelope_unreadable` when it is not for this store and key, was changed, or belongs elsewhere. */
export async function openEnvelope(
  envelope: Envelope,
  options: { readonly store: string; readonly privateKey: OkpKey; readonly aad: string },
): Promise<{ identifiers: Identifier[] }> {
  const unreadable = (): Error => malformed('envelope_unreadable', 'The sealed identifiers are not readable for this store.');
  if (envelope.aad !== base64url.encode(options.aad)) throw unreadable();
  const mine = envelope.recipients.filter((r) => r.header['kid'] === `${options.store}/${options.privateKey.kid}`);
  if (mine.length === 0) throw unreadable();
  try {
    const jwe: GeneralJWE = { ...envelope, recipients: mine } as GeneralJWE;
    const { plaintext } = await generalDecrypt(jwe, privateKeyObject(options.privateKey), {
      keyManagementAlgorithms: ['ECDH-ES+A256KW'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return JSON.parse(new TextDecoder().decode(plaintext)) as { identifiers: Identifier[] };
  } catch {
    throw unreadable();
  }
}
