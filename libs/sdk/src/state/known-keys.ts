import { IdentifierInvalid, indexedText, indexedTextOfRef, MAX_IDENTIFIER_LENGTH, normalise } from '@heed/identifiers';
import type { SubjectIdentifier } from '../subject.js';
import type { KeyedHash } from './keyed-hash.js';

/** Of an identifier that can be nobody's. */
export const INVALID = new Int32Array(0);
/** Stands for the type where a person is named by their ref; no identifier can have it. */
export const BY_REF = ' ref';
const REF = /^sub_[0-9a-f]{32}$/;

/**
 * The keys of identifiers that were asked for lately. To normalise and hash one costs a microsecond or more, to find it here a
 * tenth. Two generations of at most half the entries each: what is not asked for while one fills is forgotten.
 */
export class KnownKeys {
  private young = new Map<string, Map<string, Int32Array>>();
  private old = new Map<string, Map<string, Int32Array>>();
  private count = 0;

  constructor(
    private readonly hash: KeyedHash,
    private readonly country: string | undefined,
    private readonly maxKeys: number,
  ) {}

  /** Keys held in the younger half. */
  get size(): number {
    return this.count;
  }

  /** @returns 128 bits, or `INVALID` */
  of({ type, value }: SubjectIdentifier): Int32Array {
    const known = this.young.get(type)?.get(value);
    if (known) return known;
    const key = this.old.get(type)?.get(value) ?? this.make(type, value);
    // What is nobody's, or longer than it need be, is whatever a visitor has typed: kept, it would be memory of any size.
    if (key !== INVALID && value.length <= MAX_IDENTIFIER_LENGTH) this.keep(type, value, key);
    return key;
  }

  private make(type: string, value: string): Int32Array {
    if (typeof value !== 'string') return INVALID; // a program without types asks for the address that an account lacks
    try {
      if (type === BY_REF) return REF.test(value) ? this.hash.of(indexedTextOfRef(value)).slice(0, 4) : INVALID;
      return this.hash.of(indexedText(normalise({ type, value }, this.country))).slice(0, 4);
    } catch (error) {
      if (error instanceof IdentifierInvalid) return INVALID;
      throw error;
    }
  }

  private keep(type: string, value: string, key: Int32Array): void {
    if (this.count >= this.maxKeys / 2) {
      this.old = this.young;
      this.young = new Map();
      this.count = 0;
    }
    let own = this.young.get(type);
    if (!own) this.young.set(type, (own = new Map()));
    own.set(value, key);
    this.count += 1;
  }
}
