import { createHmac } from 'node:crypto';
import type { PurposeChange } from '@heed/connector-spi';
import { conflict } from '@heed/kernel';
import { z } from 'zod';
import { jsonOf } from './wire.js';
import type { Wire } from './wire.js';

export interface ConsentWebhookOptions {
  readonly url: string;
  readonly secret: string;
}

const answer = z.object({ matched: z.int().min(0) });

/** HMAC-SHA256 over `timestamp:body`, in hex; the receiver refuses old timestamps. */
export const webhookSignature = (secret: string, timestamp: string, body: string): string =>
  createHmac('sha256', secret).update(`${timestamp}:${body}`).digest('hex');

/**
 * Tells a processor that purposes are on or off for a person. The id is the dispatch's: the receiver does nothing
 * twice, so a call whose answer was lost is simply made again.
 * @returns how many people the processor knows by these identifiers
 */
export async function tellConsent(wire: Wire, options: ConsentWebhookOptions, change: PurposeChange, purposes: readonly string[]): Promise<number> {
  const body = JSON.stringify({
    id: change.dispatchId,
    type: change.on ? 'consent.given' : 'consent.withdrawn',
    version: change.version,
    purposes,
    identities: change.identifiers.map(({ type, value }) => ({ type, value })),
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const response = await wire.call(options.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-heed-id': change.dispatchId,
      'x-heed-timestamp': timestamp,
      'x-heed-signature': webhookSignature(options.secret, timestamp, body),
    },
    body,
  });
  if (!response.ok) throw conflict('processor_refused', `The processor answered ${response.status} to a consent webhook.`);
  const told = answer.safeParse(jsonOf(response.body));
  return told.success ? told.data.matched : 1; // a receiver that only says yes
}
