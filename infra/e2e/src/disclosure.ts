import { createHash } from 'node:crypto';

/** The hashes that anybody can make of a guessed address: an identifier under one of them is as good as in the clear. */
const HASHES = ['md5', 'sha1', 'sha256', 'sha512'] as const;

interface Form {
  readonly of: string;
  readonly as: string;
  readonly bytes: Buffer;
}

/**
 * Looks for people's words in what other people may read: as they are in any case, in hexadecimal, base64 at every
 * alignment, percent-encoded, and under the usual unkeyed hashes.
 * @example new Disclosure(['ada@example.org']).in(logLine) // ['ada@example.org in base64']
 */
export class Disclosure {
  private readonly forms: readonly Form[];

  constructor(words: readonly string[]) {
    this.forms = words.flatMap(formsOf);
  }

  /** What is found of whom, and in which form. */
  in(content: Buffer | string): readonly string[] {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const lower = Buffer.from(bytes.toString('latin1').toLowerCase(), 'latin1');
    const found = this.forms.filter(({ as, bytes: form }) => (as === 'plain' || as === 'hex' ? lower : bytes).includes(form));
    return [...new Set(found.map(({ of, as }) => `${of} (${as})`))];
  }
}

function formsOf(word: string): readonly Form[] {
  const plain = word.toLowerCase();
  const hashed = [word, plain].flatMap((text) =>
    HASHES.flatMap((name) => {
      const digest = createHash(name).update(text).digest();
      return [
        { as: 'hex', bytes: Buffer.from(digest.toString('hex')) },
        { as: name, bytes: digest },
        { as: name, bytes: Buffer.from(digest.toString('base64').replace(/=+$/, '')) },
        { as: name, bytes: Buffer.from(digest.toString('base64url')) },
      ];
    }),
  );
  const encoded = [
    { as: 'plain', bytes: Buffer.from(plain) },
    { as: 'plain', bytes: Buffer.from(encodeURIComponent(plain).toLowerCase()) },
    { as: 'plain', bytes: Buffer.from(JSON.stringify(plain).slice(1, -1)) },
    { as: 'hex', bytes: Buffer.from(Buffer.from(word).toString('hex')) },
    { as: 'utf16', bytes: Buffer.from(word, 'utf16le') },
    ...[0, 1, 2].flatMap((offset) => (['base64', 'base64url'] as const).map((as) => ({ as: 'base64', bytes: Buffer.from(alignedBase64(word, offset, as)) }))),
  ];
  return [...encoded, ...hashed].map((form) => ({ of: word, ...form }));
}

/** The characters that stand for the word alone when it begins so many bytes into a base64 group. */
function alignedBase64(word: string, offset: number, encoding: 'base64' | 'base64url'): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(word)]);
  const whole = bytes.subarray(offset === 0 ? 0 : 3, bytes.length - (bytes.length % 3));
  return whole.toString(encoding);
}
