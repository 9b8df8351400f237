import { expect, it } from 'vitest';
import { tokensOf } from './tokens.js';

it('a token that is refused before it expires is not shown again: another is fetched', async () => {
  let made = 0;
  const send = async (url: string | URL | Request): Promise<Response> =>
    Response.json(String(url).endsWith('openid-configuration') ? { token_endpoint: 'http://issuer/token' } : { access_token: `t${(made += 1)}`, expires_in: 3600 });
  const tokens = tokensOf({ issuer: 'http://issuer', clientId: 'shop', clientSecret: 'secret' }, send);
  expect([await tokens.get(), await tokens.get()]).toEqual(['t1', 't1']);
  tokens.refused('t0'); // of a call that began earlier
  expect(await tokens.get()).toBe('t1');
  tokens.refused('t1');
  expect(await tokens.get()).toBe('t2');
});
