import { describe, expect, it } from 'vitest';
import { derivedId, newSubjectRef, uuidv7 } from './ids.js';

describe('ids', () => {
  it('a UUIDv7 carries its time, its version and its variant (RFC 9562)', () => {
    const at = new Date('2026-11-21T10:00:00.123Z');
    const id = uuidv7(at);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(at.getTime());
    expect(uuidv7(new Date(0))).toMatch(/^00000000-0000-7/);
  });

  it('later UUIDs sort behind earlier ones, and no two are equal', () => {
    expect(uuidv7(new Date(1_000)) < uuidv7(new Date(1_001))).toBe(true);
    expect(new Set(Array.from({ length: 10_000 }, () => uuidv7(new Date(1_000)))).size).toBe(10_000);
  });

  it('of one millisecond, UUIDs sort as they were made', () => {
    const made = Array.from({ length: 20_000 }, () => uuidv7(new Date(2_000)));
    expect(made.toSorted()).toEqual(made);
  });

  it('a derived id is the same for the same parts only', () => {
    expect(derivedId('a', 'b')).toBe(derivedId('a', 'b'));
    expect(derivedId('a', 'b')).not.toBe(derivedId('ab'));
    expect(derivedId('a', 'b')).toMatch(/-8[0-9a-f]{3}-[89ab]/);
  });

  it('a ref is 128 random bits', () => {
    expect(newSubjectRef()).toMatch(/^sub_[0-9a-f]{32}$/);
    expect(newSubjectRef()).not.toBe(newSubjectRef());
  });
});
