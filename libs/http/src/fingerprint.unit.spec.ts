import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fingerprintUnder } from './fingerprint.js';

describe('a fingerprint', () => {
  const content = ['/v1/consents', 'ada', { email: 'ada@example.com' }];
  const key = randomBytes(32);

  it('is the same for the same content, on every instance that has the key', () => {
    expect(fingerprintUnder(key)(content)).toBe(fingerprintUnder(Buffer.from(key))(structuredClone(content)));
    expect(fingerprintUnder(key)([...content, null])).not.toBe(fingerprintUnder(key)(content));
  });

  it('is guessed by nobody without the key', () => {
    const plain = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
    expect([plain, fingerprintUnder(randomBytes(32))(content)]).not.toContain(fingerprintUnder(key)(content));
  });
});
