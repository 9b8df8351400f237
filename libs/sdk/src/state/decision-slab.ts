/** What holds for one purpose (and domain) of somebody. */
export interface HeldDecision {
  readonly purpose: number;
  readonly domain: number;
  readonly state: number;
  /** Milliseconds; 0: for good. */
  readonly validUntil: number;
  readonly recordId: string;
}

const WORDS = 5;
/** Word 0 has the purpose in 12 bits, the domain in 16 and the state in 4. */
const DOMAIN_AT = 4;
const PURPOSE_AT = 20;
/** An id as text is written for every answer, so it is written byte by byte. */
const TEXT = Buffer.alloc(36);
const DIGITS = Buffer.from('0123456789abcdef');
const DASH = 45;
export const MAX_PURPOSES = 4096;
export const MAX_DOMAINS = 65_536;

/** Decisions of everybody in two arrays, 28 bytes each. What one person has lies together; places are reused by size. */
export class DecisionSlab {
  private words = new Int32Array(1024 * WORDS);
  private until = new Float64Array(1024);
  private end = 0;
  private readonly free = new Map<number, number[]>();

  get bytes(): number {
    return this.words.byteLength + this.until.byteLength;
  }

  /** @returns where they lie */
  put(decisions: readonly HeldDecision[]): number {
    const at = this.place(decisions.length);
    decisions.forEach(({ purpose, domain, state, validUntil, recordId }, i) => {
      const w = (at + i) * WORDS;
      this.words[w] = (purpose << PURPOSE_AT) | (domain << DOMAIN_AT) | state;
      this.until[at + i] = validUntil;
      const hex = recordId.replaceAll('-', '');
      for (let p = 0; p < 4; p += 1) this.words[w + 1 + p] = Number.parseInt(hex.slice(p * 8, p * 8 + 8), 16) | 0;
    });
    return at;
  }

  release(at: number, count: number): void {
    if (count === 0) return;
    const list = this.free.get(count);
    if (list) list.push(at);
    else this.free.set(count, [at]);
  }

  /** @returns where the decision about a purpose on a domain lies, or -1 */
  find(at: number, count: number, purpose: number, domain: number): number {
    const wanted = ((purpose << PURPOSE_AT) | (domain << DOMAIN_AT)) >> DOMAIN_AT;
    for (let i = at; i < at + count; i += 1) if (this.words[i * WORDS]! >> DOMAIN_AT === wanted) return i;
    return -1;
  }

  stateAt(index: number): number {
    return this.words[index * WORDS]! & 15;
  }

  validUntilAt(index: number): number {
    return this.until[index]!;
  }

  recordIdAt(index: number): string {
    const { words } = this;
    const at = index * WORDS;
    for (let i = 0, digit = 0; i < 16; i += 1) {
      if (i === 4 || i === 6 || i === 8 || i === 10) TEXT[digit++] = DASH;
      const byte = (words[at + 1 + (i >> 2)]! >>> (24 - 8 * (i & 3))) & 255;
      TEXT[digit++] = DIGITS[byte >> 4]!;
      TEXT[digit++] = DIGITS[byte & 15]!;
    }
    return TEXT.toString('latin1');
  }

  private place(count: number): number {
    const freed = this.free.get(count)?.pop();
    if (freed !== undefined) return freed;
    const at = this.end;
    this.end += count;
    if (this.end > this.until.length) {
      const capacity = Math.max(this.until.length * 2, this.end);
      const words = new Int32Array(capacity * WORDS);
      words.set(this.words);
      this.words = words;
      const until = new Float64Array(capacity);
      until.set(this.until);
      this.until = until;
    }
    return at;
  }
}
