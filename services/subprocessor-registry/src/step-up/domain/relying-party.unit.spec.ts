import { describe, expect, it } from 'vitest';
import { relyingPartyOf } from './relying-party.js';

describe('the relying party', () => {
  it.each([
    ['https://heed.example.org', 'heed.example.org', ['https://heed.example.org']],
    ['https://heed.example.org:8443/', 'heed.example.org', ['https://heed.example.org:8443']],
    ['http://127.0.0.1:4100', 'localhost', ['http://127.0.0.1:4100', 'http://localhost:4100']],
    ['http://[::1]:4100', 'localhost', ['http://[::1]:4100', 'http://localhost:4100']],
    ['http://localhost:4100', 'localhost', ['http://localhost:4100']],
  ])('of %s is %s', (origin, id, origins) => {
    expect(relyingPartyOf(origin)).toEqual({ id, origins });
  });
});
