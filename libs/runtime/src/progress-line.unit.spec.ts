import { counting } from '@heed/persistence';
import { describe, expect, it } from 'vitest';
import { ProgressLine } from './progress-line.js';

/** A thousand tenants at fifty milliseconds each. */
function written(isTTY: boolean): readonly string[] {
  let ms = 0;
  const texts: string[] = [];
  const line = new ProgressLine({ isTTY, write: (text) => texts.push(text) }, 'consent: tenants', () => ms);
  const count = counting(1000, (progress) => line.show(progress), () => ms);
  for (let i = 0; i < 1000; i += 1) {
    ms += 50;
    count();
  }
  return texts;
}

describe('the progress of a long job', () => {
  it('is a line every two seconds where nobody watches, with how much is done and how long it will take', () => {
    const lines = written(false);
    expect(lines).toHaveLength(25);
    expect(lines[0]).toBe('consent: tenants: 40 of 1000 (4 %), 48 s left\n');
    expect(lines.at(-1)).toBe('consent: tenants: 1000 of 1000 (100 %)\n');
  });

  it('is one line that changes on a terminal', () => {
    const texts = written(true);
    expect(texts).toHaveLength(1000);
    expect(texts.slice(0, -1).every((text) => text.startsWith('\r') && !text.includes('\n'))).toBe(true);
    expect(texts.at(-1)).toMatch(/100 %\)\n$/);
  });
});
