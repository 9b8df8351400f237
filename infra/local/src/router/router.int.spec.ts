import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRouter } from './router.js';

let upstream: Server;
let router: Server;
let origin: string;
let upstreamSawEnd = false;

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  upstream = createServer((request, response) => {
    if (request.url === '/v1/consents/slow') {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.write('first\n');
      response.once('close', () => (upstreamSawEnd = true));
      return;
    }
    if (request.url === '/v1/consents/breaks') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => request.socket.destroy());
      return;
    }
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.writeHead(201, { 'content-type': 'application/json', 'x-own': 'yes' });
      response.end(JSON.stringify({ bytes, url: request.url, method: request.method, headers: request.headers }));
    });
  });
  const url = `http://127.0.0.1:${await listen(upstream)}`;
  const nobody = 'http://127.0.0.1:1';
  router = makeRouter({
    upstreams: { consent: url, dsar: nobody, retention: nobody, 'subprocessor-registry': nobody, notifications: nobody },
    runDir: tmpdir(),
    parts: [],
    mail: 'http://127.0.0.1:4111',
  });
  origin = `http://127.0.0.1:${await listen(router)}`;
});

afterAll(() => {
  router.closeAllConnections();
  upstream.closeAllConnections();
  router.close();
  upstream.close();
});

describe('the origin', () => {
  it('hands on method, path, query, headers and body, and the whole answer back', async () => {
    const answer = await fetch(`${origin}/v1/consents?limit=5`, {
      method: 'POST',
      body: Buffer.alloc(3 << 20, 'x'),
      headers: { 'idempotency-key': 'k1', traceparent: 't' },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await answer.json()).toMatchObject({
      bytes: 3 << 20,
      url: '/v1/consents?limit=5',
      method: 'POST',
      headers: { 'idempotency-key': 'k1', traceparent: 't', 'content-length': String(3 << 20), 'x-forwarded-for': '127.0.0.1' },
    });
  });

  it('announces no body where the caller sent none and said nothing of one, as curl -X POST does', async () => {
    const { port } = new URL(origin);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('POST /v1/consents/act HTTP/1.1\r\nHost: heed\r\nConnection: close\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toContain('"content-length":"0"');
    expect(answer).not.toContain('transfer-encoding":');
  });

  it('streams: the first line arrives while the answer goes on, and a caller who leaves ends it', async () => {
    const call = httpRequest(`${origin}/v1/consents/slow`).end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    const [line] = (await once(answer, 'data')) as [Buffer];
    expect(line.toString()).toBe('first\n');
    call.destroy();
    for (let wait = 0; wait < 100 && !upstreamSawEnd; wait += 1) await sleep(20);
    expect(upstreamSawEnd).toBe(true);
  });

  it('breaks off when the service breaks off, so that half an answer is never taken for a whole', async () => {
    const answer = await fetch(`${origin}/v1/consents/breaks`);
    await expect(answer.text()).rejects.toThrow();
  });

  it('answers 503 with Retry-After while a service is down', async () => {
    const answer = await fetch(`${origin}/v1/requests`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ status: 503, code: 'upstream_unavailable' });
  });

  it('says at its root where things are, as a page to people and as JSON to programs', async () => {
    const page = await fetch(`${origin}/`, { headers: { accept: 'text/html,*/*' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const text = await page.text();
    for (const link of ['/docs', '/openapi.json', '/readyz', 'http://127.0.0.1:4111']) expect(text).toContain(`href="${link}"`);
    expect(await (await fetch(`${origin}/`)).json()).toEqual({ name: 'Heed', docs: '/docs', openapi: '/openapi.json', ready: '/readyz', mail: 'http://127.0.0.1:4111' });
    expect((await fetch(`${origin}/`, { method: 'POST' })).status).toBe(404);
  });

  it('never routes what is internal', async () => {
    for (const path of ['/internal/resolve', '/metrics']) expect((await fetch(`${origin}${path}`)).status).toBe(404);
  });

  it('hands on a body of unknown length', async () => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    socket.write('POST /v1/consents HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
    expect(await text(socket)).toContain('"bytes":5');
  });
});
