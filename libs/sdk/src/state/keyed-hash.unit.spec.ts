import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { KeyedHash } from './keyed-hash.js';

function hex(words: Int32Array): string {
  const bytes = Buffer.alloc(32);
  words.forEach((word, i) => bytes.writeInt32BE(word, i * 4));
  return bytes.toString('hex');
}

it('is HMAC-SHA256 as node:crypto has it, of whatever text and key', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(fc.string({ unit: 'grapheme', maxLength: 400 }), { minLength: 1, maxLength: 5 }), (key, texts) => {
      const hash = new KeyedHash(key);
      for (const text of texts) expect(hex(hash.of(text))).toBe(createHmac('sha256', key).update(text.toWellFormed()).digest('hex'));
    }),
    { numRuns: 300 },
  );
});

it('of every length around the edges of a block', () => {
  const key = Buffer.alloc(32, 7);
  const hash = new KeyedHash(key);
  for (let length = 0; length < 200; length += 1) {
    const text = 'x'.repeat(length);
    expect(hex(hash.of(text)), String(length)).toBe(createHmac('sha256', key).update(text).digest('hex'));
  }
});
