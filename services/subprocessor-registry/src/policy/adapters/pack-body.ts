import { parseBody } from '@heed/http';
import { instant, malformed } from '@heed/kernel';
import { parsePack } from '@heed/policy';
import type { PackIssue, PolicyPack } from '@heed/policy';
import { Temporal } from '@js-temporal/polyfill';
import { z } from 'zod';
import { policyPack } from '../policy.answer.js';

const effectiveFrom = z.union([z.iso.datetime({ offset: true }), z.iso.date()], {
  error: 'a time such as 2027-01-31T00:00:00Z, or a date, which begins in the zone of the tenant',
});
export const packQuery = z.object({ effectiveFrom: effectiveFrom.optional().describe('From when it is to be in force: a time, or a date in the zone of the tenant.') });
const wrapped = z.strictObject({
  pack: z.union([z.string(), z.record(z.string(), z.unknown())]),
  effectiveFrom: effectiveFrom.optional(),
});

const yaml = z.string().describe('The pack as YAML text.');
/** By media type. */
export const packBodies = {
  'application/json': z.union([policyPack, z.strictObject({ ...wrapped.shape, pack: z.union([yaml, policyPack]) })]),
  'application/yaml': yaml,
};

export interface PackCall {
  readonly pack: PolicyPack;
  readonly effectiveFrom: Date | undefined;
}

/**
 * A pack as YAML text, as JSON, or inside `{pack, effectiveFrom}`; the date may also stand in the query.
 * @throws HeedError `body_invalid`, `pack_invalid` with a JSON pointer, and for text the line, of every mistake
 */
export function packOfCall(body: unknown, queryString: unknown): PackCall {
  const asked = parseBody(packQuery, queryString).effectiveFrom;
  if (typeof body === 'object' && body !== null && 'pack' in body) {
    const inner = parseBody(wrapped, body);
    const pack = readPack(inner.pack);
    return { pack, effectiveFrom: instantOf(inner.effectiveFrom ?? asked, pack) };
  }
  const pack = readPack(body);
  return { pack, effectiveFrom: instantOf(asked, pack) };
}

function readPack(source: unknown): PolicyPack {
  const isText = typeof source === 'string';
  const parsed = parsePack(isText ? source : JSON.stringify(source ?? null));
  if (parsed.ok) return parsed.pack;
  const place = (issue: PackIssue): string => (isText ? `line ${issue.line}, column ${issue.column}: ` : '');
  const errors = parsed.issues.slice(0, 50).map((issue) => ({
    pointer: issue.pointer,
    code: issue.code,
    detail: `${place(issue)}${issue.message}`.slice(0, 400),
  }));
  throw malformed('pack_invalid', `This is no policy pack: ${errors[0]?.detail ?? 'it cannot be read'}.`, errors);
}

function instantOf(text: string | undefined, pack: PolicyPack): Date | undefined {
  if (text === undefined) return undefined;
  const at = text.includes('T') ? Date.parse(text) : Temporal.PlainDate.from(text).toZonedDateTime(pack.tenant.zone.value).epochMilliseconds;
  if (!Number.isFinite(at) || !instant.safeParse(new Date(at).toISOString()).success) {
    throw malformed('body_invalid', 'effectiveFrom is not within the years 1 to 9999 in UTC.');
  }
  return new Date(at);
}
