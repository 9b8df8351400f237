import { byUserId, Heed } from '@heed/sdk';
import { shop as expressShop } from '@heed/sdk/examples/express';
import { shop as fastifyShop } from '@heed/sdk/examples/fastify';
import { ShopModule } from '@heed/sdk/examples/nest';
import { agree, newsletter, unsubscribe } from '@heed/sdk/examples/plain';
import { eventually, testServers } from '@heed/testing';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConsentUnderTest } from './consent-under-test.js';

let consent: ConsentUnderTest;
let heed: Heed;
const soon = { timeoutMs: 20_000 };

beforeAll(async () => {
  consent = await ConsentUnderTest.start();
  heed = Heed.connect({
    origin: consent.service.url, token: () => consent.bed.issuer.token({ tenant: 'ajuni', roles: ['platform'] }), brokers: [testServers().brokers],
    topicPrefix: consent.bed.topicPrefix,
  });
  await heed.ready();
  return async () => {
    await heed.close();
    await consent.stop();
  };
});

/** Somebody who agreed to analytics, as a user of the shop. */
async function agreed(): Promise<string> {
  const user = randomUUID();
  await consent.decide({ subject: byUserId(user), decisions: [{ purpose: 'analytics', decision: 'given' }] });
  await eventually(() => expect(heed.may(byUserId(user), 'analytics').allowed).toBe(true), soon);
  return user;
}

async function gated(url: string): Promise<void> {
  const user = await agreed();
  const get = (headers: Record<string, string>): Promise<Response> => fetch(`${url}/recommendations`, { headers });
  expect(await (await get({ 'x-user': user })).json()).toEqual({ items: ['a lamp', 'a chair'] });
  for (const [headers, reason] of [
    [{ 'x-user': randomUUID() }, 'no_decision'],
    [{}, 'no_decision'],
    [{ 'x-user': user, 'sec-gpc': '1' }, 'gpc'],
  ] as const) {
    const refused = await get(headers);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: 'consent_missing', status: 403, purpose: 'analytics', reason });
  }
  expect((await get({ 'x-user': user, 'sec-gpc': '0' })).status).toBe(200); // no signal
  await consent.withdraw({ subject: byUserId(user), purposes: ['analytics'] });
  await eventually(async () => expect((await get({ 'x-user': user })).status).toBe(403), soon);
}

describe('the examples', () => {
  it('fastify: a route runs only for those who agreed to its purpose', async () => {
    const app = await fastifyShop(heed);
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    await gated(url);
    expect((await fetch(`${url}/orders`)).status).toBe(200);
    expect((await fetch(`${url}/newsletter`)).headers.get('content-type')).toContain('application/problem+json');
    await app.close();
  });

  it('express: the same', async () => {
    const server = expressShop(heed).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    await gated(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await new Promise((resolve) => server.close(resolve));
  });

  it('nest: the same, by a decorator', async () => {
    const app = await NestFactory.create(ShopModule.of(heed), new FastifyAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    await gated(await app.getUrl());
    await app.close();
  });

  it('plain: a newsletter goes to those who agreed, an unsubscription counts once, a refusal names its promise', async () => {
    const [reader, stranger] = [`${randomUUID()}@example.com`, `${randomUUID()}@example.com`];
    const subject = { identifiers: [{ type: 'email', value: reader }] };
    expect(await agree(heed, subject, 'marketing_email')).toBeUndefined();
    expect(await agree(heed, subject, 'sale')).toBe('AJU-03');
    await eventually(() => expect(heed.may(subject, 'marketing_email').allowed).toBe(true), soon);
    expect(await newsletter(heed, [reader, stranger], async () => undefined)).toEqual([reader]);
    const id = randomUUID();
    await unsubscribe(heed, subject, id);
    await unsubscribe(heed, subject, id);
    await eventually(() => expect(heed.may(subject, 'marketing_email').reason).toBe('withdrawn'), soon);
    expect(await newsletter(heed, [reader, stranger], async () => undefined)).toEqual([]);
  });
});
