import { isHeedError, networkOf } from '@heed/kernel';
import { pino } from 'pino';
import type { Logger } from 'pino';

export type { Logger };

/**
 * What a log line may hold. Redaction is the default: a field that is not named here is left out, so a new field with
 * personal data cannot slip through a list of forbidden names.
 */
const ALLOWED = new Set(
  ('service tenant tenants dispatchId requestId messageId noticeId holdId commandId eventId ref owner dataStore topic topics ' +
    'partition offset group count ms port origin state kind type code reason route method status correlationId traceId ' +
    'version mapVersion policyVersion attempt table position lane epoch pid signal promise err').split(' '),
);

/** @example makeLogger('consent', 'info').info({ count: 3 }, 'published') */
export function makeLogger(service: string, level = 'info'): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label) => ({ level: label }),
      log: (fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => ALLOWED.has(name))),
    },
    serializers: { err: describeError },
  });
}

/** Messages of foreign errors may quote what a person sent; only ours are known not to. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return {
    name: error.name,
    ...code,
    message: isHeedError(error) ? error.message : scrub(error.message),
    stack: error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at ')).slice(0, 8).map((line) => line.trim()),
    ...(error.cause ? { cause: describeError(error.cause) } : {}),
  };
}

const IPV4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,3})?(?!\.?\w)/g;
const IPV6 = /(?<![\w:.])[\da-f:]*:[\da-f:]*:(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*)(?:%\w+)?(?![\w.])/gi;

/** Takes out what may identify someone: quoted values, addresses, long numbers; of an IP address its network stays (AJU-07). */
export function scrub(text: string): string {
  return text
    .replace(IPV6, (address) => networkOf(address) ?? address)
    .replace(IPV4, (address) => networkOf(address.split('/', 1)[0] ?? '') ?? address)
    .replace(/[^\s"'<>()=]+@[^\s"'<>()=]+/g, '[redacted]')
    .replace(/\+?\d[\d\s-]{6,}\d/g, '[redacted]')
    .replace(/"[^"]{24,}"/g, '"[redacted]"')
    .slice(0, 300);
}
