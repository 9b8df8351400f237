import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { summary } from '../withdrawal-latency.js';
import type { Latency } from '../withdrawal-latency.js';

/** Calls at a steady rate whether or not those before were answered; each is counted from when it was due, so that a pause counts for all it delayed. */
export async function openLoop(options: { url: string; token: string; body: (n: number) => string; perSecond: number; seconds: number }): Promise<Latency & { readonly errors: number }> {
  const { url, token, body, perSecond, seconds } = options;
  const dispatcher = new Agent({ connections: 128, pipelining: 1 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const latencies: number[] = [];
  let errors = 0;
  const calls: Promise<void>[] = [];
  const begin = performance.now();
  for (let n = 0; n < perSecond * seconds; n += 1) {
    const due = begin + (n * 1000) / perSecond;
    const wait = due - performance.now();
    if (wait > 1) await sleep(wait);
    const answered = request(url, { dispatcher, method: 'POST', headers, body: body(n) }).then(async (answer) => {
      await answer.body.dump();
      if (answer.statusCode >= 300) errors += 1;
      else latencies.push(performance.now() - due);
    });
    calls.push(answered.catch(() => void (errors += 1)));
  }
  await Promise.all(calls);
  await dispatcher.close();
  return { ...summary(latencies.map((ms) => Math.round(ms * 10) / 10)), errors };
}
