import { createHttpService } from '@heed/http';
import { systemClock } from '@heed/kernel';
import { makeLogger } from '@heed/observability';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentationController } from './documentation.controller.js';

@Module({ controllers: [DocumentationController] })
class Root {}

let app: NestFastifyApplication;
beforeAll(async () => {
  app = await createHttpService({
    api: { service: 'test', title: 'Test', description: 'The page alone.' },
    mergedDocument: '{"openapi":"3.1.0","info":{"title":"All services"}}',
    module: Root,
    issuer: 'http://127.0.0.1:1',
    audience: 'heed',
    fingerprintKey: new Uint8Array(32),
    clock: systemClock,
    logger: makeLogger('test', 'fatal'),
    notReady: async () => [],
  });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});
afterAll(() => app.close());

describe('the page of the API', () => {
  it('is read without a token and is made of its own parts alone', async () => {
    const page = await app.inject('/docs');
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    const parts = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
    expect(parts).toHaveLength(5);
    for (const url of parts) {
      const part = await app.inject(url);
      expect([url, part.statusCode, part.rawPayload.length > 0]).toEqual([url, 200, true]);
    }
    expect(page.body).not.toMatch(/https?:\/\//);
  });

  it('shows the document of all services, which stands at /openapi.json', async () => {
    const start = await app.inject('/docs/start.js');
    expect(start.headers['content-type']).toContain('text/javascript');
    expect(start.body).toContain("url: '/openapi.json'");
    expect((await app.inject('/openapi.json')).json()).toMatchObject({ info: { title: 'All services' } });
  });

  it.each(['/docs/index.html', '/docs/swagger-ui-bundle.js.map', '/docs/..%2fpackage.json', '/docs/'])('has no part %s', async (url) => {
    const answer = await app.inject(url);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([404, 'not_found']);
  });
});
