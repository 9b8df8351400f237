import { z } from 'zod';
import type { Contacts, Identity } from './contacts.js';
import type { ProcessorKey } from './processor-key.js';

export const DOMAIN = 'mail-processor.example';

const submission = z.object({
  regulation: z.enum(['gdpr', 'ccpa']),
  subject_request_id: z.uuidv4(),
  subject_request_type: z.enum(['erasure', 'access']),
  submitted_time: z.iso.datetime({ offset: true }),
  subject_identities: z.array(z.object({ identity_type: z.string(), identity_value: z.string(), identity_format: z.literal('raw') })).min(1),
  status_callback_urls: z.array(z.url()).optional(),
  api_version: z.string().optional(),
});

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const problem = (status: number, message: string, reason: string): Answer => ({
  status,
  body: { error: { code: status, message, errors: [{ domain: 'Validation', reason, message }] } },
});

/** The server's half of OpenDSR 2.0. Requests are carried out a moment after they were taken, as processors do. */
export class OpenDsr {
  constructor(
    private readonly contacts: Contacts,
    private readonly key: ProcessorKey,
    private readonly offersAccess: boolean,
  ) {}

  /** Takes up what a crash has left. */
  resume(): void {
    for (const row of this.contacts.prepare(`SELECT tenant, id FROM request WHERE status IN ('pending', 'in_progress')`).all()) {
      this.later(String(row['tenant']), String(row['id']));
    }
  }

  discovery(origin: string): Answer {
    return {
      status: 200,
      body: {
        api_version: '2.0',
        supported_identities: ['email', 'phone'].map((type) => ({ identity_type: type, identity_format: 'raw' })),
        supported_subject_request_types: this.offersAccess ? ['erasure', 'access'] : ['erasure'],
        processor_certificate: `${origin}/certificate.pem`,
      },
    };
  }

  submit(tenant: string, raw: string): Answer {
    const parsed = submission.safeParse(jsonOf(raw));
    if (!parsed.success) return problem(400, parsed.error.issues[0]?.message ?? 'invalid', parsed.error.issues[0]?.path.join('.') ?? 'body');
    const request = parsed.data;
    if (request.subject_request_type === 'access' && !this.offersAccess) return problem(400, 'access is not offered', 'subject_request_type');
    const received = new Date().toISOString();
    const known = this.find(tenant, request.subject_request_id);
    if (!known) {
      const identities: Identity[] = request.subject_identities.map((i) => ({ type: i.identity_type, value: i.identity_value }));
      this.contacts
        .prepare(`INSERT INTO request (tenant, id, type, identities, status, received, callbacks) VALUES (?, ?, ?, ?, 'pending', ?, ?)`)
        .run(tenant, request.subject_request_id, request.subject_request_type, JSON.stringify(identities), received, JSON.stringify(request.status_callback_urls ?? []));
      this.later(tenant, request.subject_request_id);
    }
    return {
      status: 201,
      body: {
        controller_id: tenant,
        subject_request_id: request.subject_request_id,
        received_time: known?.received ?? received,
        expected_completion_time: new Date(Date.now() + 1000).toISOString(),
        encoded_request: Buffer.from(raw).toString('base64'),
        processor_signature: this.key.sign(raw),
      },
    };
  }

  status(tenant: string, id: string): Answer {
    const request = this.find(tenant, id);
    if (!request) return problem(404, 'no such request', 'subject_request_id');
    return { status: 200, body: statusOf(tenant, request) };
  }

  cancel(tenant: string, id: string): Answer {
    const request = this.find(tenant, id);
    if (!request) return problem(404, 'no such request', 'subject_request_id');
    if (request.status !== 'pending') return problem(400, `the request is ${request.status}`, 'request_status');
    this.move(tenant, id, 'cancelled', null);
    return { status: 202, body: { controller_id: tenant, subject_request_id: id, received_time: request.received, processor_signature: this.key.sign(id) } };
  }

  private later(tenant: string, id: string): void {
    setTimeout(() => this.carryOut(tenant, id), 1).unref();
  }

  private carryOut(tenant: string, id: string): void {
    const request = this.find(tenant, id);
    if (!request || request.status === 'cancelled' || request.status === 'completed') return;
    const results = request.type === 'erasure' ? this.contacts.erase(tenant, request.identities) : this.contacts.count(tenant, request.identities);
    this.move(tenant, id, 'completed', results);
  }

  private move(tenant: string, id: string, status: string, results: number | null): void {
    // The identities have served: a processor of erasures keeps no list of whom it erased.
    this.contacts.prepare(`UPDATE request SET status = ?, results = ?, identities = '[]' WHERE tenant = ? AND id = ?`).run(status, results, tenant, id);
    const request = this.find(tenant, id);
    for (const url of request?.callbacks ?? []) this.callBack(url, JSON.stringify(statusOf(tenant, request!)));
  }

  private callBack(url: string, body: string): void {
    const headers = { 'content-type': 'application/json', 'x-opendsr-processor-domain': DOMAIN, 'x-opendsr-signature': this.key.sign(body) };
    fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(5000) }).catch(() => undefined); // who missed it asks for the status
  }

  private find(tenant: string, id: string): StoredRequest | undefined {
    const row = this.contacts.prepare('SELECT * FROM request WHERE tenant = ? AND id = ?').get(tenant, id);
    if (!row) return undefined;
    return {
      id,
      type: String(row['type']),
      status: String(row['status']),
      results: row['results'] === null ? null : Number(row['results']),
      received: String(row['received']),
      identities: JSON.parse(String(row['identities'])) as Identity[],
      callbacks: JSON.parse(String(row['callbacks'])) as string[],
    };
  }
}

interface StoredRequest {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly results: number | null;
  readonly received: string;
  readonly identities: readonly Identity[];
  readonly callbacks: readonly string[];
}

const statusOf = (tenant: string, request: StoredRequest) => ({
  controller_id: tenant,
  subject_request_id: request.id,
  request_status: request.status,
  api_version: '2.0',
  expected_completion_time: request.received,
  ...(request.results === null ? {} : { results_count: request.results }),
});

export function jsonOf(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
