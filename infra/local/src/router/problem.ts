import type { ServerResponse } from 'node:http';

const TITLES: Readonly<Record<number, string>> = { 400: 'Bad Request', 404: 'Not Found', 503: 'Service Unavailable' };

/** RFC 9457, in the shape of the services' own problems. */
export function sendProblem(
  response: ServerResponse,
  problem: { status: 400 | 404 | 503; code: string; detail: string; retryAfterSeconds?: number },
): void {
  const { status, code, detail, retryAfterSeconds } = problem;
  const body = JSON.stringify({ type: `https://heed.dev/problems/${code}`, title: TITLES[status], status, detail, code });
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  response.end(body);
}
