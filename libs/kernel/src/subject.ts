import { z } from 'zod';
import { classified } from './privacy.js';

/** The types every tenant has; a tenant may add its own in the same form. */
export const identifierType = classified('none', z.string().regex(/^[a-z][a-z0-9_]{1,31}$/));

export const subjectRef = classified('pseudonymous', z.string().regex(/^sub_[0-9a-f]{32}$/));

/** 320 characters is the longest email address (RFC 3696 erratum 1690); nothing we match on is longer. */
export const identifier = z.strictObject({
  type: identifierType,
  value: classified('personal', z.string().trim().min(1).max(320)),
});
export type Identifier = z.output<typeof identifier>;

/** `{"identifiers":[…]}` or `{"ref":"sub_…"}`. */
export const subject = z.union(
  [z.strictObject({ identifiers: z.array(identifier).min(1).max(16) }), z.strictObject({ ref: subjectRef })],
  { error: 'say who is meant: {"identifiers": [{"type": "email", "value": "…"}]} or {"ref": "sub_…"}' },
);
export type Subject = z.output<typeof subject>;

/** `heed` itself would own the Kafka groups of services and agents, whose names begin with it. */
export const tenantId = z.string().regex(/^[a-z][a-z0-9-]{1,30}[a-z0-9]$/).refine((id) => id !== 'heed', 'heed is Heed itself');
export const dataStoreId = classified('organisational', z.string().regex(/^[a-z][a-z0-9-]{0,62}$/));
export const purposeId = classified('organisational', z.string().regex(/^[a-z][a-z0-9_]{0,62}$/));
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** RFC 3339 in UTC or with an offset; in UTC within the years 1 to 9999, which databases and other programs can hold. */
export const instant = classified(
  'none',
  z.iso.datetime({ offset: true }).refine((text) => Date.parse(text) >= EARLIEST && Date.parse(text) <= LATEST, 'a time within the years 1 to 9999'),
);
export const uuid = classified('none', z.uuid());
/** `con_`, `dsr_` or `ret_` and a UUID: the prefix names the owner, so that the router finds it. */
export const dispatchId = classified('none', z.string().regex(/^(con|dsr|ret)_[0-9a-f-]{36}$/));
export const dispatchOwner = classified('none', z.enum(['consent', 'dsar', 'retention']));
export type DispatchOwner = z.output<typeof dispatchOwner>;
export const DISPATCH_PREFIX: Readonly<Record<DispatchOwner, string>> = { consent: 'con', dsar: 'dsr', retention: 'ret' };
