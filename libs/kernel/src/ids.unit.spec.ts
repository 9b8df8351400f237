import { describe, expect, it } from 'vitest';
import { derivedId, hashedUuid, MAX_UUID, newSubjectRef, NIL_UUID, uuidv7 } from './ids.js';

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

  it('a derived id is what it was in every earlier release: what was told once is known by it', () => {
    expect(derivedId('a', 'b')).toBe('0473ef2d-c0d3-84ab-a59d-3580c1134e9d');
    expect(hashedUuid(4, 'heed/27560/record/019a0000-0000-7000-8000-000000000000')).toBe('ea8f5ad3-fda8-4078-be39-519d927313d2');
  });

  it('every UUID is between the first and the last', () => {
    for (const id of [uuidv7(), derivedId('a'), hashedUuid(4, 'a')]) expect([MAX_UUID, id, NIL_UUID].toSorted()).toEqual([NIL_UUID, id, MAX_UUID]);
  });

  it('a ref is 128 random bits', () => {
    expect(newSubjectRef()).toMatch(/^sub_[0-9a-f]{32}$/);
    expect(newSubjectRef()).not.toBe(newSubjectRef());
  });
});
