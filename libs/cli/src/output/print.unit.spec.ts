import { describe, expect, it } from 'vitest';
import { oneLine } from './one-line.js';
import { seconds, table } from './print.js';

describe('what a person reads', () => {
  it('is a table with columns as wide as needed', () => {
    expect(table(['store', 'rows'], [['crm', '2'], ['mail-processor', '']])).toBe(
      ['store           rows', '──────────────  ────', 'crm             2', 'mail-processor'].join('\n'),
    );
  });

  it('is one line where something failed', () => {
    expect(oneLine(new Error('first\n  second\n'))).toBe('heed: first second');
  });

  it('is a path and a remedy where the disk is full', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', path: '/x/promises.md' });
    expect(oneLine(error)).toBe('heed: The disk of /x/promises.md is full: free some space and try again.');
  });

  it('is a time in seconds', () => {
    expect(seconds(1432)).toBe('1.4 s');
  });
});
