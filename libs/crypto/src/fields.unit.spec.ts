import { describe, expect, it } from 'vitest';
import { newMasterKey, tenantKeys } from './fields.js';

const master = newMasterKey();
const ajuni = tenantKeys(master, 'ajuni');
const place = 'ajuni|sub_1|email|1';

describe("a tenant's field keys", () => {
  it('open what they sealed, never twice the same bytes', () => {
    const sealed = ajuni.encrypt('ada@example.com', place);
    expect(ajuni.decrypt(sealed, place)).toBe('ada@example.com');
    expect(ajuni.encrypt('ada@example.com', place).equals(sealed)).toBe(false);
    expect(tenantKeys(master, 'ajuni').decrypt(sealed, place)).toBe('ada@example.com');
  });

  it('refuse a value that was moved, changed, or is another tenant\'s', () => {
    const sealed = ajuni.encrypt('ada@example.com', place);
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(30) ^ 1, 30);
    expect(() => ajuni.decrypt(sealed, 'ajuni|sub_2|email|1')).toThrow();
    expect(() => ajuni.decrypt(changed, place)).toThrow();
    expect(() => tenantKeys(master, 'aurigen').decrypt(sealed, place)).toThrow();
  });

  it('index a value the same each time, and differently per tenant and type', () => {
    const index = ajuni.blindIndex('email', 'ada@example.com');
    expect(ajuni.blindIndex('email', 'ada@example.com').equals(index)).toBe(true);
    expect(ajuni.blindIndex('user_id', 'ada@example.com').equals(index)).toBe(false);
    expect(tenantKeys(master, 'aurigen').blindIndex('email', 'ada@example.com').equals(index)).toBe(false);
  });
});
