import { z } from 'zod';

/** ISO 8601 durations, and `PnBD` for business days, which ISO does not know. */
export const DURATION_PATTERN =
  /^P(?:\d{1,4}BD|(?=\d|T\d)(?:\d{1,4}Y)?(?:\d{1,4}M)?(?:\d{1,4}W)?(?:\d{1,4}D)?(?:T(?=\d)(?:\d{1,4}H)?(?:\d{1,4}M)?(?:\d{1,4}S)?)?)$/;

/** A clock's length: `P30D`, `P1M`, `PT72H`, `P2BD`. */
export const durationSchema = z.string().regex(DURATION_PATTERN, 'a duration looks like P30D, P1M, PT72H or P2BD');

/** A length without business days, for keeping data and for token lifetimes. */
export const calendarDurationSchema = durationSchema.refine((d) => !d.endsWith('BD'), {
  error: 'business days make no sense here; write calendar time such as P30D or P24M',
});

/** The id of a purpose, category, plan …: lower case, so that it can stand in JSON, YAML and metrics alike. */
export const slugSchema = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'an id is lower case letters, digits and _');

/** A tenant's id also names schemas, roles and topics, which allow less. */
export const tenantIdSchema = z.string().regex(/^[a-z][a-z0-9]{1,30}$/, 'a tenant id is 2 to 31 lower case letters and digits');

export const languageSchema = z.string().regex(/^[a-z]{2,3}(-[A-Z]{2})?$/, 'a language looks like en or pt-BR');
export const countrySchema = z.string().regex(/^[A-Z]{2}$/, 'a country is two capitals, ISO 3166');

/** A place whose law decides: `IN`, `EU`, `UK`, `US-CA`. */
export const jurisdictionIdSchema = z.string().regex(/^[A-Z]{2}(-[A-Z]{2,3})?$/, 'a jurisdiction looks like IN, EU or US-CA');

export const zoneSchema = z.string().refine(isZone, { error: 'not an IANA time zone such as Asia/Kolkata' });
export const emailSchema = z.email('not a mail address');
export const dateSchema = z.iso.date('a date looks like 2026-11-21');
export const textSchema = z.string().trim().min(1, 'must not be empty').max(4000);

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
