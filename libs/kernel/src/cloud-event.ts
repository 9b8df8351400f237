import type { HeedEvent } from './event.js';

/** CloudEvents 1.0 Kafka binding, binary mode: attributes are `ce_` headers, the value is the JSON data alone. */
export function cloudEventHeaders(event: HeedEvent): Record<string, string> {
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: event.source,
    ce_type: event.type,
    ce_time: event.time.toISOString(),
    ce_tenantid: event.tenant,
    ce_correlationid: event.correlationId,
    'content-type': 'application/json',
  };
  if (event.causationId) headers['ce_causationid'] = event.causationId;
  if (event.dataRegion) headers['ce_dataregion'] = event.dataRegion;
  if (event.traceparent) {
    headers['ce_traceparent'] = event.traceparent; // where the trace began
    headers['traceparent'] = event.traceparent; // this hop
  }
  return headers;
}

export interface RawRecord {
  /** When Kafka took it, in milliseconds: the time of an event that names none. */
  readonly timestamp?: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | null | undefined>> | undefined;
}

export type EnvelopeResult =
  | { readonly ok: true; readonly event: HeedEvent }
  | { readonly ok: false; readonly code: string; readonly reason: string };

const OTHER_ATTRIBUTES = ['ce_tenantid', 'ce_correlationid', 'ce_causationid', 'ce_dataregion', 'ce_traceparent', 'traceparent'];
const CONTROL = /[\u0000-\u001f\u007f]/;
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a record's envelope and JSON, not yet its schema. `tenant` is the topic's, where the topic has one: a
 * `ce_tenantid` that says otherwise is forged.
 */
export function readCloudEvent(record: RawRecord, topicTenant?: string): EnvelopeResult {
  const header = (name: string): string | undefined => {
    const raw = record.headers?.[name];
    const one = Array.isArray(raw) ? raw[0] : raw;
    return one === undefined || one === null ? undefined : one.toString();
  };
  const bad = (code: string, reason: string): EnvelopeResult => ({ ok: false, code, reason });
  if (header('ce_specversion') !== '1.0') return bad('envelope_invalid', 'ce_specversion is not 1.0');
  const id = header('ce_id');
  const source = header('ce_source');
  const type = header('ce_type');
  if (!id || id.length > 256) return bad('envelope_invalid', 'ce_id is missing or too long');
  if (!source || source.length > 512) return bad('envelope_invalid', 'ce_source is missing or too long');
  if (!type) return bad('envelope_invalid', 'ce_type is missing');
  // PostgreSQL stores no NUL, and no attribute has a use for the others.
  const attributes = [id, source, type, ...OTHER_ATTRIBUTES.map(header)].join('');
  if (CONTROL.test(attributes)) return bad('envelope_invalid', 'a ce_ attribute holds a control character');
  const claimed = header('ce_tenantid');
  if (topicTenant && claimed !== undefined && claimed !== topicTenant) {
    return bad('tenant_mismatch', 'ce_tenantid differs from the tenant of the topic');
  }
  const tenant = topicTenant ?? claimed;
  if (!tenant) return bad('envelope_invalid', 'ce_tenantid is missing');
  const time = header('ce_time');
  const at = new Date(time ?? Number(record.timestamp ?? 0));
  if (!(at.getTime() >= 0 && at.getUTCFullYear() <= 9999)) return bad('envelope_invalid', 'ce_time is not a time between 1970 and 9999');
  if (record.value === null) return bad('data_missing', 'the record has no value');
  let data: unknown;
  try {
    data = JSON.parse(decoder.decode(record.value));
  } catch {
    return bad('json_malformed', 'the value is not JSON in UTF-8');
  }
  const causationId = header('ce_causationid');
  const traceparent = header('traceparent') ?? header('ce_traceparent');
  const dataRegion = header('ce_dataregion');
  return {
    ok: true,
    event: {
      id,
      source,
      type,
      tenant,
      key: record.key?.toString() ?? '',
      time: at,
      correlationId: header('ce_correlationid') ?? id,
      ...(causationId ? { causationId } : {}),
      ...(traceparent ? { traceparent } : {}),
      ...(dataRegion ? { dataRegion } : {}),
      data,
    },
  };
}
