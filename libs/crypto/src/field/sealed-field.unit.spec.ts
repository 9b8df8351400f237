import { randomBytes } from 'node:crypto';
import { uuidv7 } from '@heed/kernel';
import { describe, expect, it } from 'vitest';
import { keyIdOf, openField, sealField } from './sealed-field.js';
import type { DataKey, Place } from './sealed-field.js';

const newKey = (): DataKey => ({ id: uuidv7(), tenant: 'ajuni', key: randomBytes(32) });
const key = newKey();
const place: Place = { tenant: 'ajuni', subject: 'sub_1', type: 'identifier', field: 'email' };
const flipped = (sealed: Buffer, at: number): Buffer => {
  const changed = Buffer.from(sealed);
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
};

describe('a sealed field', () => {
  it('names its key, opens under it, and is never the same bytes twice', () => {
    const sealed = sealField(key, place, 'ada@example.com');
    expect(keyIdOf(sealed)).toBe(key.id);
    expect(openField(key, place, sealed)).toBe('ada@example.com');
    expect(sealField(key, place, 'ada@example.com').equals(sealed)).toBe(false);
    expect(sealed.includes('ada@example.com')).toBe(false);
  });

  it.each<[string, Partial<Place>]>([
    ['tenant', { tenant: 'aurigen' }],
    ['person', { subject: 'sub_2' }],
    ['kind of row', { type: 'note' }],
    ['field', { field: 'phone' }],
    ['version', { version: 2 }],
  ])('does not open in the place of another %s', (_, elsewhere) => {
    expect(() => openField(key, { ...place, ...elsewhere }, sealField(key, place, 'x'))).toThrow();
  });

  it.each([['form', 0], ['key id', 5], ['iv', 20], ['tag', 40], ['text', 45]])('does not open with a changed %s', (_, at) => {
    expect(() => openField(key, place, flipped(sealField(key, place, 'x'), at))).toThrow();
  });

  it('does not open under another key that claims its id, nor cut short', () => {
    const sealed = sealField(key, place, 'x');
    expect(() => openField({ ...newKey(), id: key.id }, place, sealed)).toThrow();
    expect(() => openField(key, place, sealed.subarray(0, 40))).toThrow('no sealed value');
  });
});
