import { SOFTWARE_KEY_AAGUID } from '@heed/auth';
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { encodeCbor, type Cbor } from './cbor.js';

/** What is kept of a software key. Whoever reads it has the key: it proves nothing but that somebody can read a file. */
export interface SoftwareKeyState {
  readonly credentialId: string;
  readonly privateKey: { readonly kty: string; readonly crv: string; readonly x: string; readonly y: string; readonly d: string };
}

/** How a key behaves; tests make it misbehave. */
export interface SoftwareKeyHabits {
  /** Default: what says of itself that it is a software key. */
  readonly aaguid?: string;
  readonly userVerified?: boolean;
  /** Default 0: it does not count, so that answers may overtake each other. */
  readonly counter?: number;
  /** Says that it can be copied to other devices. */
  readonly backupEligible?: boolean;
  /** A maker's word for it: the attestation key and certificates (DER), leaf first. Default: its own. */
  readonly attestation?: { readonly privateKey: KeyObject; readonly chain: readonly Uint8Array[] };
}

interface CreationOptions {
  readonly challenge: string;
  readonly rp: { readonly id?: string };
}
interface RequestOptions {
  readonly challenge: string;
  readonly rpId?: string;
}

const ES256 = -7;
const [USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, HAS_CREDENTIAL] = [0x01, 0x04, 0x08, 0x40];
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();

/**
 * An authenticator in software that speaks WebAuthn as a security key does: for local use, where there is no browser and
 * nobody to touch a device. Services take it only where `HEED_ALLOW_SOFTWARE_KEYS` is set, never in production.
 */
export class SoftwareKey {
  constructor(
    readonly state: SoftwareKeyState,
    private readonly habits: SoftwareKeyHabits = {},
  ) {}

  static make(habits: SoftwareKeyHabits = {}): SoftwareKey {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' });
    return new SoftwareKey({ credentialId: base64url(randomBytes(32)), privateKey: { kty: 'EC', crv: 'P-256', x, y, d } }, habits);
  }

  /** As `navigator.credentials.create()`, in JSON, with an attestation by itself. */
  create(options: CreationOptions, origin: string) {
    const clientData = clientDataOf('webauthn.create', options.challenge, origin);
    const authData = Buffer.concat([this.#authData(options.rp.id ?? '', HAS_CREDENTIAL), this.#credentialData()]);
    const { attestation: maker } = this.habits;
    const statement = new Map<string, Cbor>([['alg', ES256], ['sig', this.#sign(authData, clientData, maker?.privateKey)]]);
    if (maker) statement.set('x5c', maker.chain);
    const attestation = encodeCbor(new Map<string, Cbor>([['fmt', 'packed'], ['attStmt', statement], ['authData', authData]]));
    return this.#credential({ clientDataJSON: base64url(clientData), attestationObject: base64url(attestation) });
  }

  /** As `navigator.credentials.get()`, in JSON. */
  get(options: RequestOptions, origin: string) {
    const clientData = clientDataOf('webauthn.get', options.challenge, origin);
    const authData = this.#authData(options.rpId ?? '', 0);
    return this.#credential({
      clientDataJSON: base64url(clientData),
      authenticatorData: base64url(authData),
      signature: base64url(this.#sign(authData, clientData)),
    });
  }

  #credential<R>(response: R) {
    const { credentialId: id } = this.state;
    return { id, rawId: id, type: 'public-key' as const, clientExtensionResults: {}, response };
  }

  #authData(rpId: string, more: number): Buffer {
    const { userVerified = true, backupEligible = false } = this.habits;
    const flags = USER_PRESENT | (userVerified ? USER_VERIFIED : 0) | (backupEligible ? BACKUP_ELIGIBLE : 0) | more;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.habits.counter ?? 0);
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), counter]);
  }

  #credentialData(): Buffer {
    const id = Buffer.from(this.state.credentialId, 'base64url');
    const { x, y } = this.state.privateKey;
    // COSE: key type EC2, ES256, curve P-256, and the point.
    const key = new Map<number, Cbor>([[1, 2], [3, ES256], [-1, 1], [-2, Buffer.from(x, 'base64url')], [-3, Buffer.from(y, 'base64url')]]);
    const aaguid = Buffer.from((this.habits.aaguid ?? SOFTWARE_KEY_AAGUID).replaceAll('-', ''), 'hex');
    return Buffer.concat([aaguid, Buffer.from([id.length >> 8, id.length & 0xff]), id, encodeCbor(key)]);
  }

  #sign(authData: Buffer, clientData: Buffer, key = createPrivateKey({ key: { ...this.state.privateKey }, format: 'jwk' })): Buffer {
    return sign('sha256', Buffer.concat([authData, sha256(clientData)]), key);
  }
}

function clientDataOf(type: 'webauthn.create' | 'webauthn.get', challenge: string, origin: string): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
}
