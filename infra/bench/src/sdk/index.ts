import { applyTopics, createKafka } from '@heed/kafka';
import { startKafka } from '@heed/local';
import { byEmail, Heed } from '@heed/sdk';
import type { Subject } from '@heed/sdk';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rateOf } from './rate.js';
import { emailOf, POLICY, TOPIC, TOPIC_TENANT } from './wire.js';

const SECONDS = 8;
/** Who is asked for again and again, as a platform's active people are. */
const ACTIVE = 100_000;
const FEW_ACTIVE = 10_000;
/** People whose decisions change each second: a busy day, and a nightly import. */
const UPDATES = 1_000;
const MANY_UPDATES = 10_000;
const READY_MS = 240_000;
const SETTLE_MS = 1_500;
const RESULTS = 'test-results/bench-sdk.json';

type Say = (line: string) => void;
const words = (value: number): string => Math.round(value).toLocaleString('en');

/** `npm run bench sdk [PEOPLE]`: the SDK's own answers, in one process, read from a topic of so many people on a real broker while updates stream in. */
export async function sdkBench(people: number, say: Say): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'heed-bench-'));
  const kafka = await startKafka({ dir: path.join(dir, 'kafka'), port: 0, controllerPort: 0 });
  const brokers = `127.0.0.1:${kafka.port}`;
  const key = randomBytes(32).toString('base64url');
  let [producer, heed]: [ChildProcess | undefined, Heed | undefined] = [undefined, undefined];
  try {
    await applyTopics(createKafka({ brokers: [brokers], clientId: 'bench' }), [TOPIC_TENANT], {});
    const begin = performance.now();
    producer = fork(path.join(import.meta.dirname, 'producer.js'), [brokers, key, String(people)]);
    await filled(producer);
    const produced = (performance.now() - begin) / 1000;
    say(`SDK: ${words(people)} people, each with an address, a ref and two decisions, written to the topic: ${words((2 * people) / produced)} records/s (${produced.toFixed(1)} s)`);
    heed = connect(brokers, key);
    const results = { people, ...(await readAll(heed, people, say)), ...(await rates(heed, producer, people, say)) };
    await mkdir(path.dirname(RESULTS), { recursive: true });
    await writeFile(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
    say(`written to ${RESULTS}`);
  } finally {
    await heed?.close();
    if (producer?.exitCode === null) {
      producer.send({});
      await once(producer, 'exit');
    }
    await kafka.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function filled(producer: ChildProcess): Promise<void> {
  const failed = once(producer, 'exit').then(([code]) => Promise.reject(new Error(`the topic could not be written: its writer ended with ${String(code)}`)));
  failed.catch(() => undefined); // afterwards it ends when it is told to
  await Promise.race([once(producer, 'message'), failed]);
}

/** The key and the policy are handed out by the service as a rule; all else comes over Kafka as it does everywhere. */
function connect(brokers: string, key: string): Heed {
  const answer = { tenant: TOPIC_TENANT, topic: TOPIC, key, epoch: 1, stalenessMs: 30_000, policy: POLICY };
  return Heed.connect({ origin: 'http://127.0.0.1:9', brokers: [brokers], token: 'bench', fetch: () => Promise.resolve(Response.json(answer)), onTrouble: (error) => process.stderr.write(`${String(error)}\n`) });
}

async function readAll(heed: Heed, people: number, say: Say): Promise<object> {
  const [begin, before] = [performance.now(), process.memoryUsage()];
  await heed.ready({ timeoutMs: READY_MS });
  const seconds = (performance.now() - begin) / 1000;
  globalThis.gc?.();
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  const { people: known, bytes } = heed.status();
  say(
    `SDK: ready after ${seconds.toFixed(1)} s, ${words((2 * people) / seconds)} records/s read; ${words(known)} people in ${words(bytes / 1e6)} MB of tables, ${words(bytes / known)} B a person ` +
      `(the process's heap and buffers grew by ${words(grown / 1e6)} MB, its resident memory is ${words(after.rss / 1e6)} MB)`,
  );
  return { readyAfterSeconds: seconds, bytesAPerson: bytes / known, residentMb: after.rss / 1e6 };
}

async function rates(heed: Heed, producer: ChildProcess, people: number, say: Say): Promise<object> {
  const active = Array.from({ length: Math.min(ACTIVE, people) }, (_, i) => byEmail(emailOf(Math.floor((i * people) / Math.min(ACTIVE, people)))));
  const anybody = Array.from({ length: 1_000_000 }, (_, i) => byEmail(emailOf((i * 7919) % people)));
  const results: Record<string, object> = {};
  for (const [what, subjects, perSecond] of [
    [`may() of ${words(active.length)} active people, nothing changes`, active, 0],
    [`may() of the same while decisions of ${words(UPDATES)} people a second change`, active, UPDATES],
    [`may() of the same while decisions of ${words(MANY_UPDATES)} people a second change`, active, MANY_UPDATES],
    [`may() of ${words(FEW_ACTIVE)} active people while decisions of ${words(UPDATES)} people a second change`, active.slice(0, FEW_ACTIVE), UPDATES],
    ['may() of anybody, each for the first time in a million, nothing changes', anybody, 0],
  ] satisfies readonly (readonly [string, readonly Subject[], number])[]) {
    producer.send({ perSecond });
    await sleep(SETTLE_MS);
    const rate = await rateOf(heed, subjects, SECONDS);
    results[what] = rate;
    const seen = perSecond > 0 ? `; ${words(rate.updatesPerSecond)} people's changes a second read meanwhile (twice as many records), each seen after p50 ${words(rate.seenAfterMs.p50)} ms, p99 ${words(rate.seenAfterMs.p99)} ms` : '';
    say(
      `SDK: ${what}: ${words(rate.answersPerSecond)}/s by the clock, ${words(rate.answersPerCpuSecond)}/s of this process's own time (aim 1,000,000)${seen}; ` +
        `${words(rate.allowedShare * 100)} % allowed, ${rate.unknowing} not known, what was read never older than ${(rate.stalestMs / 1000).toFixed(1)} s`,
    );
  }
  return results;
}
