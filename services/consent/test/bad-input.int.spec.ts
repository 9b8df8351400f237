import { beforeAll, describe, expect, it } from 'vitest';
import { ada, ConsentUnderTest, PLATFORM } from './consent-under-test.js';

let consent: ConsentUnderTest;

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  return () => consent.stop();
});

describe('what a caller may send', () => {
  it.each([
    ['broken JSON', '{"subject":', 400, 'json_malformed'],
    ['invalid UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22]), 400, 'json_malformed'],
    ['2 MB', JSON.stringify({ purposes: 'x'.repeat(2_000_000) }), 413, 'body_too_large'],
    ['a NUL character', '{"subject":{"identifiers":[{"type":"email","value":"a\\u0000@b.c"}]},"purposes":"all"}', 400, 'json_malformed'],
    ['ten thousand purposes', JSON.stringify({ subject: ada(), purposes: Array.from({ length: 10_000 }, (_, i) => `p${i}`) }), 400, 'body_invalid'],
    ['an identifier of 5,000 characters', JSON.stringify({ subject: { identifiers: [{ type: 'email', value: `${'a'.repeat(5000)}@b.c` }] }, purposes: 'all' }), 400, 'body_invalid'],
    ['a date in the year 10000', JSON.stringify({ subject: ada(), purposes: 'all', occurredAt: '+010000-01-01T00:00:00Z' }), 400, 'body_invalid'],
    ['unknown members', JSON.stringify({ subject: ada(), purposes: 'all', tenant: 'askasia' }), 400, 'body_invalid'],
    ['a phone that is none', JSON.stringify({ subject: { identifiers: [{ type: 'phone', value: 'call me' }] }, purposes: 'all' }), 400, 'identifier_invalid'],
    ['no body', undefined, 400, 'body_invalid'],
  ])('%s is a problem with a code, never a 500', async (_, body, status, code) => {
    const answer = await consent.withdraw(body);
    expect(answer).toMatchObject({ status, body: { status, code } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it('nobody without a token, the role or a tenant gets in', async () => {
    expect((await consent.service.fetch(`${consent.service.url}/v1/purposes`)).status).toBe(401);
    expect((await consent.service.call('POST', '/v1/withdrawals', { tenant: 'ajuni', roles: ['auditor'] }, {})).status).toBe(403);
    expect((await consent.service.call('POST', '/v1/withdrawals', { roles: ['platform'] }, {})).status).toBe(403);
    expect((await consent.service.call('GET', '/v1/nothing', PLATFORM)).status).toBe(404);
    expect((await consent.service.call('POST', '/internal/resolve', PLATFORM, {})).status).toBe(403);
  });

  it('a token of a tenant sees nothing of another', async () => {
    const mine = await consent.withdraw({ subject: ada(), purposes: ['analytics'] });
    const other = await consent.service.call('GET', `/v1/dispatches/${String(mine.body['dispatchId'])}`, { tenant: 'askasia', roles: ['dpo'] });
    expect(other.status).toBe(404);
  });
});
