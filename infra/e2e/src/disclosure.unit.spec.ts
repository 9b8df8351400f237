import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Disclosure } from './disclosure.js';

const word = 'Ada.Lovelace@example.org';
const search = new Disclosure([word]);
const sha256 = createHash('sha256').update(word.toLowerCase()).digest();

describe('the search for what was disclosed', () => {
  it.each([
    ['plain', `from ${word} to`],
    ['plain', `from ${word.toUpperCase()} to`],
    ['plain', `/v1/subjects?email=${encodeURIComponent(word)}`],
    ['hex', `\\x00${Buffer.from(word).toString('hex')}ff`],
    ['base64', Buffer.from(`${word} and more`).toString('base64')],
    ['base64', Buffer.from(`{"${word}"}`).toString('base64')],
    ['base64', Buffer.from(`{ "${word}" }`).toString('base64url')],
    ['hex', `hash ${sha256.toString('hex')}`],
    ['sha256', `hash ${sha256.toString('base64url')}`],
    ['sha256', Buffer.concat([Buffer.from('x'), sha256])],
    ['utf16', Buffer.from(word, 'utf16le')],
  ])('finds it as %s in %s', (as, content) => {
    expect(search.in(content)).toEqual([`${word} (${as})`]);
  });

  it('finds nothing where there is nothing', () => {
    expect(search.in(`ada@example.org ${'ab'.repeat(200)}`)).toEqual([]);
  });
});
