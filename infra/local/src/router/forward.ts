import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { refuseEarly } from './problem.js';

/** RFC 9110 7.6.1: these concern one connection only. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const agent = new Agent({ keepAlive: true, maxSockets: 512, maxFreeSockets: 128 });

/**
 * Hands a request to a service and its answer back, both as streams. Nothing is parsed, kept or repeated: whether a
 * call was carried out when the service went away half-way is for the caller's Idempotency-Key to settle.
 */
export function forward(incoming: IncomingMessage, outgoing: ServerResponse, upstream: URL): void {
  const upstreamRequest = httpRequest({
    agent,
    host: upstream.hostname,
    port: upstream.port,
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers: requestHeaders(incoming),
  });
  upstreamRequest.once('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders, answer.headers.connection));
    pipeline(answer, outgoing, () => undefined);
  });
  upstreamRequest.once('error', () => {
    if (outgoing.headersSent) outgoing.destroy();
    else unavailable(incoming, outgoing);
  });
  outgoing.once('close', () => upstreamRequest.destroy());
  incoming.pipe(upstreamRequest);
}

function unavailable(incoming: IncomingMessage, outgoing: ServerResponse): void {
  refuseEarly(incoming, outgoing, {
    status: 503,
    code: 'upstream_unavailable',
    detail: 'The service behind this path does not answer right now. Try again with the same Idempotency-Key.',
    retryAfterSeconds: 1,
  });
}

function requestHeaders(incoming: IncomingMessage): string[] {
  const headers = endToEnd(incoming.rawHeaders, incoming.headers.connection);
  if (incoming.headers['transfer-encoding'] !== undefined) headers.push('Transfer-Encoding', 'chunked');
  // Without either there is no body (RFC 9112 6.3); Node would announce one, in no media type.
  else if (incoming.headers['content-length'] === undefined && incoming.method === 'POST') headers.push('Content-Length', '0');
  const client = incoming.socket.remoteAddress;
  if (client !== undefined) headers.push('X-Forwarded-For', client);
  headers.push('X-Forwarded-Proto', 'http');
  if (incoming.headers.host !== undefined) headers.push('X-Forwarded-Host', incoming.headers.host);
  return headers;
}

/** The header lines as they came, in order and with their repetitions, without those of this connection. */
export function endToEnd(rawHeaders: readonly string[], connection: string | undefined): string[] {
  const named = new Set((connection ?? '').toLowerCase().split(',').map((name) => name.trim()));
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || named.has(lower) || lower.startsWith('x-forwarded-')) continue;
    kept.push(name, rawHeaders[index + 1] ?? '');
  }
  return kept;
}
