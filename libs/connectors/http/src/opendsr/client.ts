import { createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Identifier } from '@heed/kernel';
import { conflict } from '@heed/kernel';
import type { z } from 'zod';
import { jsonOf } from '../wire.js';
import type { HttpAnswer, Wire } from '../wire.js';
import { created, discovery, identityType, status } from './documents.js';
import type { Discovery, RequestStatus } from './documents.js';

export interface OpenDsrOptions {
  /** Base URL of `discovery` and `requests`. */
  readonly url: string;
  readonly token: string;
  /** The domain that must sign. */
  readonly domain: string;
  /** PEM of a certificate or public key that is trusted instead of what discovery names. */
  readonly certificate?: string | undefined;
}

/** A processor that speaks OpenDSR 2.0. What it answers counts only with its signature. */
export class OpenDsrClient {
  private known: Promise<{ readonly document: Discovery; readonly key: KeyObject }> | undefined;

  constructor(
    private readonly options: OpenDsrOptions,
    private readonly wire: Wire,
  ) {}

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
    const answer = await this.wire.call(this.address(path), {
      method,
      headers: { authorization: `Bearer ${this.options.token}`, accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body } : {}),
    });
    if (!answer.ok) throw conflict('processor_refused', `The processor answered ${answer.status} to ${method} ${path.split('/')[0]}.`);
    await this.checkSignature(answer);
    return jsonOf(answer.body);
  }

  private async checkSignature({ header, body }: HttpAnswer): Promise<void> {
    const signature = header('x-opendsr-signature');
    const domain = header('x-opendsr-processor-domain');
    const fits = async (): Promise<boolean> => verify('sha256', body, (await this.processor()).key, Buffer.from(signature ?? '', 'base64'));
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
    const answer = await this.wire.call(this.address('discovery'), { method: 'GET' });
    if (!answer.ok) throw conflict('processor_refused', `The processor's discovery answered ${answer.status}.`);
    const document = understood(discovery, jsonOf(answer.body));
    const pem = this.options.certificate ?? (await this.wire.call(document.processor_certificate, { method: 'GET' })).body.toString('utf8');
    return { document, key: keyOf(pem) };
  }

  private address(path: string): string {
    return `${this.options.url.replace(/\/$/, '')}/${path}`;
  }
}

function keyOf(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch {
    throw conflict('processor_certificate_invalid', "The processor's certificate cannot be read.");
  }
}

function understood<S extends z.ZodType>(schema: S, answer: unknown): z.output<S> {
  const result = schema.safeParse(answer);
  if (!result.success) throw conflict('processor_answer_invalid', "The processor's answer is not what OpenDSR 2.0 says.");
  return result.data;
}
