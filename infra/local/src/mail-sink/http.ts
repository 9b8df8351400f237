import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { MailStore } from './mail-store.js';
import { listPage, mailPage } from './page.js';

const MESSAGE = /^\/messages\/([0-9a-f-]{36})(?:\/(raw|page))?$/;

/**
 * Reads the mail: `/` for people, `GET /messages?to=&limit=` and `GET /messages/{id}` for programs, `/messages/{id}/raw`
 * as it came; `DELETE /messages` forgets all.
 */
export function makeMailPages(store: MailStore): Server {
  return createServer((request, response) => answer(store, request, response));
}

function answer(store: MailStore, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/readyz' || url.pathname === '/healthz') return json(response, 200, { status: 'ok' });
  if (url.pathname === '/') return html(response, listPage(store.list({ limit: 500 })));
  if (url.pathname === '/messages' && request.method === 'DELETE') {
    store.clear();
    response.writeHead(204).end();
    return;
  }
  if (url.pathname === '/messages') {
    const limit = Number(url.searchParams.get('limit') ?? 100);
    const items = store.list({ to: url.searchParams.get('to') ?? undefined, limit: Number.isFinite(limit) ? limit : 100 });
    return json(response, 200, { items });
  }
  const [, id = '', form] = MESSAGE.exec(url.pathname) ?? [];
  const mail = store.get(id);
  if (mail === undefined) return json(response, 404, { title: 'Not Found', status: 404, code: 'path_unknown' });
  if (form === 'page') return html(response, mailPage(mail));
  if (form === 'raw') {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(store.raw(id));
    return;
  }
  json(response, 200, mail);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' });
  response.end(JSON.stringify(body));
}

function html(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" });
  response.end(body);
}
