import { loadSamplePack } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { extendedDue } from './extension.js';

const received = new Date('2026-11-20T12:30:00Z');
const due = new Date('2026-12-20T12:30:00Z');
const request = { jurisdiction: null, receivedAt: received, due, extensions: 0 };
const before = new Date('2026-12-01T00:00:00Z');

describe('extending a request', () => {
  it('AJU-41: gives thirty days once, with a reason, before the deadline', () => {
    const ajuni = loadSamplePack('ajuni');
    expect(extendedDue(ajuni, request, 'three archives', before)).toEqual({ due: new Date('2027-01-19T12:30:00Z'), source: 'AJU-41' });
    const no = (code: string) => expect.objectContaining({ kind: 'conflict', code, promise: 'AJU-41' });
    expect(() => extendedDue(ajuni, { ...request, extensions: 1 }, 'again', before)).toThrow(no('extension_used_up'));
    expect(() => extendedDue(ajuni, request, '', before)).toThrow(no('extension_reason_missing'));
    expect(() => extendedDue(ajuni, request, 'late', due)).toThrow(no('extension_too_late'));
  });

  it('is refused where the policy promises none', () => {
    expect(() => extendedDue(loadSamplePack('askasia'), request, 'busy', before)).toThrow(expect.objectContaining({ kind: 'refused', code: 'extension_not_promised' }));
  });
});
