import type { IncomingMessage, ServerResponse } from 'node:http';

const TITLES: Readonly<Record<number, string>> = { 400: 'Malformed request', 404: 'Not found', 503: 'Temporarily unavailable' };

export interface Problem {
  readonly status: 400 | 404 | 503;
  readonly code: string;
  readonly detail: string;
  readonly retryAfterSeconds?: number;
}

/** Answers before the body was read. The rest of a body would be taken for the next request, so the connection ends. */
export function refuseEarly(request: IncomingMessage, response: ServerResponse, problem: Problem): void {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (hasBody && !request.complete) response.shouldKeepAlive = false;
  sendProblem(response, problem);
  request.resume();
}

/** RFC 9457, in the shape of the services' own problems. */
function sendProblem(response: ServerResponse, problem: Problem): void {
  const { status, code, detail, retryAfterSeconds } = problem;
  const body = JSON.stringify({ type: `https://heed.dev/problems/${code}`, title: TITLES[status], status, detail, code });
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  response.end(body);
}
