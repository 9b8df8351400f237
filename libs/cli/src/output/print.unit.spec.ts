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

  it('is a time in seconds', () => {
    expect(seconds(1432)).toBe('1.4 s');
  });
});
