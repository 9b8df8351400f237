import { createHmac, timingSafeEqual } from 'node:crypto';

/** The bearer token of a tenant at the sample mail processor, made from the secret they share. */
export const processorToken = (secret: string): string => createHmac('sha256', secret).update('mail-processor bearer').digest('base64url');

export function sameText(given: string | undefined, wanted: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

const MAX_AGE_SECONDS = 300;

/** HMAC-SHA256 over `timestamp:body`; an old timestamp is a replay. */
export function webhookIsGenuine(secret: string, headers: { timestamp?: string; signature?: string }, body: string, now = Date.now()): boolean {
  const age = Math.abs(now / 1000 - Number(headers.timestamp ?? Number.NaN));
  if (!(age <= MAX_AGE_SECONDS)) return false;
  return sameText(headers.signature, createHmac('sha256', secret).update(`${headers.timestamp}:${body}`).digest('hex'));
}
