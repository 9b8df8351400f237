import { privateKeyObject, publicKeyObject } from '@heed/crypto';
import type { OkpKey } from '@heed/crypto';
import { malformed } from '@heed/kernel';
import { sign, verify } from 'node:crypto';
import { HASH_SIZE } from '../tree/hash.js';
import { parseVkey, keyId } from './vkey.js';
import type { Vkey } from './vkey.js';

/** What a ledger commits to when it signs: so many leaves, under this root. */
export interface Checkpoint {
  /** `heed/<service>/<tenant>`. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

interface SignatureLine {
  readonly name: string;
  readonly id: Buffer;
  readonly signature: Buffer;
}

/** More signatures than witnesses could sensibly add are somebody's try to keep verifiers busy. */
const MOST_SIGNATURES = 100;

/** The checkpoint as a C2SP signed note. */
export function signCheckpoint({ origin, size, root }: Checkpoint, key: OkpKey): string {
  const text = `${origin}\n${size}\n${root.toString('base64')}\n`;
  const id = keyId(origin, Buffer.from(key.x, 'base64url'));
  const signature = sign(null, Buffer.from(text), privateKeyObject(key));
  return `${text}\n— ${origin} ${Buffer.concat([id, signature]).toString('base64')}\n`;
}

/**
 * Reads a checkpoint whose signature by that key is right. Signatures of others (witnesses) may stand beside it and are not looked at.
 * @throws HeedError `checkpoint_malformed`, `checkpoint_unsigned` (not by this key), `checkpoint_signature_wrong`.
 */
export function openCheckpoint(note: string, vkey: string | Vkey): Checkpoint {
  const key = typeof vkey === 'string' ? parseVkey(vkey) : vkey;
  const { text, checkpoint, signatures } = readCheckpoint(note);
  const own = signatures.filter(({ name, id }) => name === key.name && id.equals(key.id));
  if (own.length === 0) throw malformed('checkpoint_unsigned', `The checkpoint carries no signature by the key ${key.name}+${key.id.toString('hex')}.`);
  const publicKey = publicKeyObject({ kty: 'OKP', crv: 'Ed25519', x: key.publicKey.toString('base64url') });
  if (!own.every(({ signature }) => verify(null, Buffer.from(text), publicKey, signature))) {
    throw malformed('checkpoint_signature_wrong', 'The checkpoint was changed after it was signed, or never signed by its key.');
  }
  if (checkpoint.origin !== key.name) throw malformed('checkpoint_unsigned', `The key of ${key.name} cannot speak for ${checkpoint.origin}.`);
  return checkpoint;
}

/** Reads a checkpoint without believing it: what it says, and whose signatures it carries. */
export function readCheckpoint(note: string): { readonly text: string; readonly checkpoint: Checkpoint; readonly signatures: readonly SignatureLine[] } {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) throw bad();
  const text = note.slice(0, end + 1);
  const [origin, size, root, ...extensions] = text.slice(0, -1).split('\n');
  const lines = note.slice(end + 2, -1).split('\n');
  if (!origin || !/^(0|[1-9]\d{0,15})$/.test(size ?? '') || lines.length > MOST_SIGNATURES || extensions.some((line) => line === '')) throw bad();
  return { text, checkpoint: { origin, size: Number(size), root: hashOf(root ?? '') }, signatures: lines.map(readSignature) };
}

function hashOf(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== HASH_SIZE || bytes.toString('base64') !== base64) throw bad();
  return bytes;
}

function readSignature(line: string): SignatureLine {
  const match = /^— ([^+\s]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
  const bytes = Buffer.from(match?.[2] ?? '', 'base64');
  if (!match?.[1] || bytes.length < 5) throw bad();
  return { name: match[1], id: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

const bad = (): Error => malformed('checkpoint_malformed', 'A checkpoint is a signed note of origin, size and root.');
