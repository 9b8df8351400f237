import { byEmail } from '@heed/e2e';
import type { Heed, Population } from '@heed/e2e';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Latency {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/**
 * From the HTTP answer to the last store's acknowledgement recorded, at a steady rate: the difference between when a call
 * was answered and the dispatch's own `closedAt`, both on this machine's clock.
 */
export async function withdrawalLatency(heed: Heed, people: Population, perSecond: number): Promise<Latency> {
  const calls: Promise<{ id: string; answeredAt: number }>[] = [];
  const begin = performance.now();
  for (const [i, email] of people.emails.entries()) {
    const wait = begin + (i * 1000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    calls.push(
      heed.call(people.tenant, 'POST', '/v1/withdrawals', { subject: byEmail(email), purposes: 'all', channel: 'api' }).then((answer) => {
        if (answer.status !== 202) throw new Error(`a withdrawal was answered ${answer.status}`);
        return { id: String(answer.body['dispatchId']), answeredAt: Date.now() };
      }),
    );
  }
  const latencies: number[] = [];
  for (const { id, answeredAt } of await Promise.all(calls)) {
    const done = await heed.dispatchIs(people.tenant, id, 'done', 120_000);
    const targets = done.body['targets'] as { state: string }[];
    if (targets.length !== 3) throw new Error(`a withdrawal had ${targets.length} targets instead of 3`);
    latencies.push(Math.max(0, new Date(String(done.body['closedAt'])).getTime() - answeredAt));
  }
  return summary(latencies);
}

export function summary(latencies: readonly number[]): Latency {
  const sorted = [...latencies].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: sorted.at(-1) ?? Number.NaN };
}
