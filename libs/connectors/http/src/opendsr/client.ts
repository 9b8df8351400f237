import { createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Identifier } from '@heed/kernel';
import { conflict, unavailable } from '@heed/kernel';
import type { z } from 'zod';
import { created, discovery, identityType, status } from './wire.js';
import type { Discovery, RequestStatus } from './wire.js';

export interface OpenDsrOptions {
  /** Base URL of `discovery` and `requests`. */
  readonly url: string;
  readonly token: string;
  /** The domain that must sign. */
  readonly domain: string;
  /** PEM of a certificate or public key that is trusted instead of what discovery names. */
  readonly certificate?: string | undefined;
}

const TIMEOUT_MS = 10_000;

/** A processor that speaks OpenDSR 2.0. What it answers counts only with its signature. */
export class OpenDsrClient {
  private known: Promise<{ readonly document: Discovery; readonly key: KeyObject }> | undefined;

  constructor(private readonly options: OpenDsrOptions) {}

  async supports(type: 'erasure' | 'access'): Promise<boolean> {
    return (await this.processor()).document.supported_subject_request_types.includes(type);
  }

  /** Idempotent by id: the same request may be sent again after a crash. */
  async submit(type: 'erasure' | 'access', id: string, identifiers: readonly Identifier[]): Promise<void> {
    const body = {
      regulation: 'gdpr',
      subject_request_id: id,
      subject_request_type: type,
      submitted_time: new Date().toISOString(),
      subject_identities: identifiers.map(({ type: kind, value }) => ({ identity_type: identityType(kind), identity_value: value, identity_format: 'raw' })),
      api_version: '2.0',
    };
    understood(created, await this.call('POST', 'requests', JSON.stringify(body)));
  }

  async status(id: string): Promise<RequestStatus> {
    return understood(status, await this.call('GET', `requests/${id}`));
  }

  private async call(method: 'GET' | 'POST', path: string, body?: string): Promise<unknown> {
    const response = await this.fetch(`${this.options.url.replace(/\/$/, '')}/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.options.token}`, accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body } : {}),
    });
    const raw = Buffer.from(await response.arrayBuffer());
    if (!response.ok) throw conflict('processor_refused', `The processor answered ${response.status} to ${method} ${path.split('/')[0]}.`);
    await this.checkSignature(response, raw);
    return jsonOf(raw.toString('utf8'));
  }

  private async checkSignature(response: Response, raw: Buffer): Promise<void> {
    const signature = response.headers.get('x-opendsr-signature');
    const domain = response.headers.get('x-opendsr-processor-domain');
    const fits = async (): Promise<boolean> => verify('sha256', raw, (await this.processor()).key, Buffer.from(signature ?? '', 'base64'));
    if (signature && domain === this.options.domain) {
      if (await fits()) return;
      this.known = undefined; // it may have changed its key
      if (await fits()) return;
    }
    throw conflict('processor_signature_invalid', "The processor's answer is not signed by the processor.");
  }

  private processor(): Promise<{ readonly document: Discovery; readonly key: KeyObject }> {
    this.known ??= this.discover().catch((error: unknown) => {
      this.known = undefined;
      throw error;
    });
    return this.known;
  }

  private async discover(): Promise<{ document: Discovery; key: KeyObject }> {
    const response = await this.fetch(`${this.options.url.replace(/\/$/, '')}/discovery`, {});
    if (!response.ok) throw conflict('processor_refused', `The processor's discovery answered ${response.status}.`);
    const document = understood(discovery, jsonOf(await response.text()));
    const pem = this.options.certificate ?? (await (await this.fetch(document.processor_certificate, {})).text());
    return { document, key: createPublicKey(pem) };
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    } catch (error) {
      throw unavailable('processor_unavailable', 'The processor cannot be reached.', error);
    }
    if (response.status >= 500 || response.status === 429) throw unavailable('processor_unavailable', `The processor answered ${response.status}.`);
    return response;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function understood<S extends z.ZodType>(schema: S, answer: unknown): z.output<S> {
  const result = schema.safeParse(answer);
  if (!result.success) throw conflict('processor_answer_invalid', "The processor's answer is not what OpenDSR 2.0 says.");
  return result.data;
}
