import type { Subject, SubjectIdentifier } from '../subject.js';

interface Happened<T extends string, D> {
  readonly type: T;
  readonly data: D;
  /** What is published twice under one id has its effect once; a random one where left out. */
  readonly id?: string;
  /** Where it happened, e.g. `/shop`; the SDK's own where left out. */
  readonly source?: string;
  readonly time?: Date;
}

export interface ConsentGiven {
  readonly subject: Subject;
  readonly decisions: readonly { readonly purpose: string; readonly decision: 'given' | 'refused' }[];
  readonly notice?: { readonly id: string; readonly version: string; readonly language: string };
  readonly method?: string;
  readonly occurredAt?: string;
  readonly jurisdiction?: string;
  readonly domain?: string;
  readonly age?: number;
  readonly childSignal?: boolean;
  readonly ip?: string;
}

export interface ConsentWithdrawn {
  readonly subject: Subject;
  readonly purposes: readonly string[] | 'all';
  readonly channel?: string;
  readonly occurredAt?: string;
  readonly jurisdiction?: string;
  readonly domain?: string;
}

export interface RequestSubmitted {
  readonly type: 'access' | 'export' | 'rectify' | 'erase' | 'restrict' | 'unrestrict' | 'object';
  readonly subject: { readonly identifiers: readonly SubjectIdentifier[] };
  readonly jurisdiction?: string;
  readonly channel?: string;
  readonly message?: string;
}

/** What happened outside Heed. */
export type IngressEvent = Happened<'consent_given', ConsentGiven> | Happened<'consent_withdrawn', ConsentWithdrawn> | Happened<'request_submitted', RequestSubmitted>;

export interface Published {
  readonly id: string;
  readonly via: 'kafka' | 'http';
  /** What the service answered, over HTTP. */
  readonly answer?: unknown;
}

/** The same by HTTP. */
export const ROUTES: Readonly<Record<IngressEvent['type'], string>> = {
  consent_given: '/v1/consents',
  consent_withdrawn: '/v1/withdrawals',
  request_submitted: '/v1/requests',
};

/** CloudEvents 1.0 binary mode, as docs/wire-format.md has it. */
export function headersOf(event: IngressEvent, id: string, source: string): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: event.source ?? source,
    ce_type: `heed.ingress.${event.type}.v1`,
    ce_time: (event.time ?? new Date()).toISOString(),
    'content-type': 'application/json',
  };
}
