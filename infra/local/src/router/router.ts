import { createServer, type Server } from 'node:http';
import { forward } from './forward.js';
import { sendIndex } from './index-page.js';
import { refuseEarly } from './problem.js';
import { sendReadiness } from './readiness.js';
import { route, type Upstream } from './routes.js';

export interface RouterOptions {
  readonly upstreams: Readonly<Record<Upstream, string>>;
  /** Folder of the parts' records. */
  readonly runDir: string;
  /** Names of the parts that make the whole. */
  readonly parts: readonly string[];
  /** Where sent mail is read. */
  readonly mail?: string | undefined;
}

/** The public origin of the embedded start: a router by path and nothing else. */
export function makeRouter(options: RouterOptions): Server {
  const upstreams = new Map(Object.entries(options.upstreams).map(([name, url]) => [name, new URL(url)]));
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 60_000 });
  server.on('request', (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0];
    if (path === '/' && (request.method === 'GET' || request.method === 'HEAD')) {
      sendIndex(request, response, options.mail);
      return;
    }
    if (path === '/healthz') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
      return;
    }
    if (path === '/readyz') {
      sendReadiness(response, options.runDir, options.parts).catch(() => response.destroy());
      return;
    }
    const routed = route(request.url ?? '/');
    if ('refused' in routed) {
      refuseEarly(request, response, { status: routed.refused, code: routed.code, detail: routed.detail });
      return;
    }
    const upstream = upstreams.get(routed.to);
    if (upstream === undefined) {
      const detail = `${routed.to} does not run here.`;
      refuseEarly(request, response, { status: 503, code: 'upstream_unavailable', detail, retryAfterSeconds: 5 });
      return;
    }
    forward(request, response, upstream);
  });
  return server;
}
