import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, rateLimit } from './index.js';
import { z } from 'zod';

const read = (text?: string): unknown => loadConfig(z.object({ LIMIT: rateLimit.prefault('20:100') }), { LIMIT: text }).LIMIT;

describe('a rate limit in the environment', () => {
  it.each([
    [undefined, { perSecond: 20, burst: 100 }],
    ['2000:4000', { perSecond: 2000, burst: 4000 }],
    ['50', { perSecond: 50, burst: 100 }],
    ['0', undefined],
  ])('%s means %j', (text, limit) => {
    expect(read(text)).toEqual(limit);
  });

  it.each(['many', '-1', '1.5', '10:0', '10:'])('%s stops the start with a line that shows how it is written', (text) => {
    expect(() => read(text)).toThrow(ConfigError);
    expect(() => read(text)).toThrow(/LIMIT: calls a second, and after a colon how many at once/);
  });
});
