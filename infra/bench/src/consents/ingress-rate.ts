import { createKafka, Publisher } from '@heed/kafka';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsentCell } from './consent-cell.js';
import { TENANT } from './consent-cell.js';

const BATCH = 500;
const PATIENCE_MS = 300_000;

/** Publishes decisions of new people to the ingress topic, then watches the register. @returns records a second from the first to the last one written, and how many never were */
export async function ingressRate(cell: ConsentCell, count: number, salt: string): Promise<{ readonly perSecond: number; readonly missing: number }> {
  const publisher = new Publisher(createKafka({ brokers: [cell.brokers], clientId: 'bench' }));
  await publisher.connect();
  const began = new Date();
  const begin = performance.now();
  for (let from = 0; from < count; from += BATCH) await publisher.publish(Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => message(`${salt}-${from + i}`, began)));
  await publisher.disconnect();
  for (;;) {
    const [row] = await cell.sql<{ count: string }>(`SELECT count(*) FROM consent_record WHERE method = 'kafka' AND recorded_at >= $1 AND id > $2`, [began, idAt(began)]);
    const [recorded, seconds] = [Number(row?.count), (performance.now() - begin) / 1000];
    if (recorded >= count || seconds * 1000 > PATIENCE_MS) return { perSecond: recorded / seconds, missing: Math.max(0, count - recorded) };
    await sleep(100);
  }
}

function idAt(time: Date): string {
  const ms = (time.getTime() - 1000).toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-000000000000`;
}

function message(id: string, time: Date): { topic: string; key: string; value: string; headers: Record<string, string> } {
  const headers = {
    ce_specversion: '1.0', ce_id: id, ce_source: '/bench', ce_type: 'heed.ingress.consent_given.v1', ce_time: time.toISOString(), 'content-type': 'application/json',
  };
  const value = JSON.stringify({ subject: { identifiers: [{ type: 'email', value: `${id}@example.org` }] }, decisions: [{ purpose: 'marketing_email', decision: 'given' }] });
  return { topic: `heed.t.${TENANT}.ingress.v1`, key: id, value, headers };
}
