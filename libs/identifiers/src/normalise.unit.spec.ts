import { describe, expect, it } from 'vitest';
import { IdentifierInvalid, indexedText, indexedTextOfRef, normalise } from './index.js';

describe('the one form of an identifier', () => {
  it('email is lower case and composed, whatever way it was typed', () => {
    expect(normalise({ type: 'email', value: '  Ada.Lovelace@Example.COM ' })).toEqual({ type: 'email', value: 'ada.lovelace@example.com' });
    expect(normalise({ type: 'email', value: 'ｊａｎｅ@example.com' }).value).toBe('jane@example.com');
    expect(normalise({ type: 'email', value: 'jose\u0301@example.com' }).value).toBe('jos\u00e9@example.com');
  });

  it('a phone number is E.164, with the country of the tenant where it names none', () => {
    expect(normalise({ type: 'phone', value: '098765 43210' }, 'IN').value).toBe('+919876543210');
    expect(normalise({ type: 'phone', value: '+49 (30) 901820' }, 'IN').value).toBe('+4930901820');
  });

  it('other types keep their letters', () => {
    expect(normalise({ type: 'user_id', value: ' Ab-12 ' })).toEqual({ type: 'user_id', value: 'Ab-12' });
  });

  it.each([
    ['email', 'ada.example.com'],
    ['email', 'a b@example.com'],
    ['phone', '12'],
    ['phone', '9876543210'], // no country anywhere
    ['user_id', '   '],
    ['user_id', 'x'.repeat(321)],
    ['ref', 'sub_00000000000000000000000000000001'], // would stand on the topic in the place of whose ref it is
  ])('%s %j is refused, and the refusal does not repeat it', (type, value) => {
    const refusal = (): unknown => normalise({ type, value });
    expect(refusal).toThrow(IdentifierInvalid);
    expect(refusal).not.toThrow(value.trim() || 'nothing');
  });

  it('what is hashed names the type, so that a user id that looks like an email is nobody else', () => {
    expect(indexedText({ type: 'email', value: 'a@b' })).toBe('email|a@b');
    expect(indexedText({ type: 'user_id', value: 'a@b' })).toBe('user_id|a@b');
    expect(indexedTextOfRef('sub_1')).toBe('ref|sub_1');
  });
});
