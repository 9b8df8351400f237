import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { z } from 'zod';
import { Contacts } from './contacts.js';
import { processorToken, sameText, webhookIsGenuine } from './credentials.js';
import { DOMAIN, jsonOf, OpenDsr } from './open-dsr.js';
import type { Answer } from './open-dsr.js';
import { ProcessorKey } from './processor-key.js';

export interface MailProcessorOptions {
  readonly folder: string;
  readonly secretOf: (tenant: string) => string | undefined;
  readonly offersAccess: boolean;
}

const contact = z.object({ email: z.string(), phone: z.string().nullable().default(null), name: z.string().nullable().default(null), marketing_email: z.boolean().default(true) });
const webhook = z.object({
  id: z.string(),
  type: z.enum(['consent.given', 'consent.withdrawn']),
  purposes: z.array(z.string()),
  identities: z.array(z.object({ type: z.string(), value: z.string() })),
});
const MAX_BODY = 20 * 1024 * 1024;

/**
 * A sample of a processor outside of Heed: a mailing service with a list per tenant, OpenDSR 2.0 for requests and a
 * webhook for consent. Everything of a tenant is below `/t/<tenant>`.
 */
export function mailProcessor(options: MailProcessorOptions): Server {
  const contacts = new Contacts(options.folder);
  const key = new ProcessorKey(options.folder);
  const openDsr = new OpenDsr(contacts, key, options.offersAccess);
  openDsr.resume();
  const server = createServer((request, response) => {
    handle(request, response).catch(() => (response.headersSent ? response.destroy() : send(response, { status: 500, body: {} })));
  });
  server.on('close', () => contacts.close());
  return server;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
    if (['/readyz', '/healthz'].includes(url.pathname)) return send(response, { status: 200, body: { status: 'ok' } });
    if (url.pathname === '/certificate.pem') return void response.writeHead(200, { 'content-type': 'application/x-pem-file' }).end(key.publicPem);
    const [, tenant = '', path = ''] = /^\/t\/([a-z0-9-]+)\/(.*)$/.exec(url.pathname) ?? [];
    const secret = options.secretOf(tenant);
    if (secret === undefined) return send(response, { status: 404, body: {} });
    const body = await read(request);
    send(response, route({ method: request.method ?? '', path, tenant, secret, body, url, request }), isOpenDsr(path));
  }

  function route(call: Call): Answer {
    const { method, path, tenant, secret, body, url, request } = call;
    if (path === 'discovery') return openDsr.discovery(url.origin);
    if (method === 'POST' && path === 'webhooks/consent') return consent(call);
    if (!sameText(request.headers.authorization, `Bearer ${processorToken(secret)}`)) return { status: 401, body: {} };
    const [, id] = /^requests\/([0-9a-f-]{36})$/.exec(path) ?? [];
    if (method === 'POST' && path === 'requests') return openDsr.submit(tenant, body);
    if (method === 'GET' && id) return openDsr.status(tenant, id);
    if (method === 'DELETE' && id) return openDsr.cancel(tenant, id);
    if (method === 'GET' && path === 'contacts') {
      const { searchParams } = url;
      const limit = Math.min(5000, Number(searchParams.get('limit') ?? 1000));
      return { status: 200, body: { items: contacts.list(tenant, { email: searchParams.get('email'), after: searchParams.get('after'), limit }) } };
    }
    if (method === 'POST' && path === 'contacts/import') {
      const parsed = z.array(contact).safeParse(jsonOf(body));
      if (!parsed.success) return { status: 400, body: {} };
      contacts.import(tenant, parsed.data);
      return { status: 200, body: { imported: parsed.data.length } };
    }
    return { status: 404, body: {} };
  }

  function consent({ tenant, secret, body, request }: Call): Answer {
    const headers = { timestamp: header(request, 'x-heed-timestamp'), signature: header(request, 'x-heed-signature') };
    if (!webhookIsGenuine(secret, headers, body)) return { status: 401, body: {} };
    const parsed = webhook.safeParse(jsonOf(body));
    if (!parsed.success) return { status: 400, body: {} };
    const { id, type, purposes, identities } = parsed.data;
    if (!purposes.includes('marketing_email')) return { status: 200, body: { matched: 0 } };
    return { status: 200, body: { matched: contacts.consent(tenant, id, type === 'consent.given', identities) } };
  }

  function send(response: ServerResponse, answer: Answer, signed = false): void {
    const body = JSON.stringify(answer.body);
    const signature = signed ? { 'x-opendsr-processor-domain': DOMAIN, 'x-opendsr-signature': key.sign(body) } : {};
    response.writeHead(answer.status, { 'content-type': 'application/json', ...signature }).end(body);
  }
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly tenant: string;
  readonly secret: string;
  readonly body: string;
  readonly url: URL;
  readonly request: IncomingMessage;
}

const isOpenDsr = (path: string): boolean => path === 'discovery' || path.startsWith('requests');
const header = (request: IncomingMessage, name: string): string => String(request.headers[name] ?? '');

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new Error('body too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
