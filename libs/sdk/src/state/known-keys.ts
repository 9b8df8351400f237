import { IdentifierInvalid, indexedText, normalise } from '@heed/identifiers';
import type { SubjectIdentifier } from '../subject.js';
import type { KeyedHash } from './keyed-hash.js';

/** Of an identifier that can be nobody's. */
export const INVALID = new Int32Array(0);

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

  /** @returns 128 bits, or `INVALID` */
  of({ type, value }: SubjectIdentifier): Int32Array {
    const known = this.young.get(type)?.get(value);
    if (known) return known;
    const key = this.old.get(type)?.get(value) ?? this.make(type, value);
    this.keep(type, value, key);
    return key;
  }

  private make(type: string, value: string): Int32Array {
    try {
      const text = type === 'ref' ? `ref|${value}` : indexedText(normalise({ type, value }, this.country));
      return this.hash.of(text).slice(0, 4);
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
