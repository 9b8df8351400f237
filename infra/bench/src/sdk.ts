import { byEmail, ConsentView } from '@heed/sdk';
import type { TopicRecord } from '@heed/sdk';
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

const KEY = randomBytes(32);
const SECONDS = 5;
/** Identifiers that are asked for again and again, as a platform's active people are. */
const ACTIVE = 100_000;
/** Answers between two turns of the event loop, in which updates are taken. */
const ROUND = 5_000;
const POLICY = {
  policyVersion: 1, country: 'IN', defaultJurisdiction: 'IN', places: {}, adultAge: { IN: 18 }, childPromises: { targets: null, other: null }, never: [],
  purposes: ['marketing_email', 'analytics'].map((id) => ({ id, bases: { IN: 'consent' }, gpc: false, targets: false })),
};

const emailOf = (n: number): string => `person.${n}@example.com`;
const refOf = (n: number): string => `sub_${n.toString(16).padStart(32, '0')}`;
const round = (value: number): string => Math.round(value).toLocaleString('en');

function recordsOf(n: number, version: number): readonly TopicRecord[] {
  const held = { state: version % 2 === 1 ? 'given' : 'withdrawn', recordId: randomUUID(), validUntil: '2099-01-01T00:00:00.000Z' };
  const value = Buffer.from(JSON.stringify({ v: 1, ref: refOf(n), version, build: 1, at: '', purposes: { marketing_email: held, analytics: held } }));
  return [`email|${emailOf(n)}`, `ref|${refOf(n)}`].map((text) => ({ key: Buffer.from(createHmac('sha256', KEY).update(text).digest('base64url')), value }));
}

/** The SDK's answers from memory: how many a second, while the topic goes on, and what a person costs. */
export async function sdkBench(people: number, say: (line: string) => void): Promise<void> {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const view = new ConsentView({ now: Date.now, elapsed: () => performance.now(), stalenessMs: 30_000, maxSubjects: people * 2, maxKnownKeys: 2 * ACTIVE });
  const tell = (key: string, data: object): void => view.take({ key: Buffer.from(key), value: Buffer.from(JSON.stringify({ v: 1, ...data })) });
  const beat = (): void => {
    tell('heartbeat', { completeUntil: new Date().toISOString(), epoch: 1, build: 1, policyVersion: 1 });
    view.freshness.reachEnd();
  };
  view.use({ key: KEY.toString('base64url'), epoch: 1, policy: POLICY });
  tell('build', { build: 1, epoch: 1 });
  let reading = 0;
  for (let n = 0; n < people; n += 1) {
    const records = recordsOf(n, 1);
    const start = performance.now();
    for (const record of records) view.take(record);
    reading += performance.now() - start;
  }
  globalThis.gc?.();
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  say(
    `SDK: ${round(view.people.size)} people, each with an address, a ref and 2 decisions: ${round(view.people.bytes / people)} B a person in its tables ` +
      `(process grown by ${round(grown / people)} B a person); ${round((2 * people * 1000) / reading)} records/s read`,
  );
  beat();
  const active = Array.from({ length: Math.min(ACTIVE, people) }, (_, i) => byEmail(emailOf(Math.floor((i * people) / ACTIVE) % people)));
  const strangers = Array.from({ length: 1_000_000 }, (_, i) => byEmail(emailOf((i * 7919) % people)));
  for (const [what, subjects, updatesPerRound] of [
    [`may() of ${round(active.length)} active people`, active, 0],
    ['the same while 2 % as many updates stream in', active, ROUND / 50],
    ['may() of anybody, each for the first time in a million', strangers, 0],
  ] as const) {
    const updates = Array.from({ length: updatesPerRound === 0 ? 0 : 20_000 }, (_, i) => recordsOf((i * 31) % people, 2 + i)).flat();
    const result = await rateOf(view, subjects, updates, updatesPerRound, beat);
    const updated = updatesPerRound ? ` with ${round(result.updates)} updates` : '';
    say(`SDK: ${what}: ${round(result.answers)}/s${updated}; in a second of this process's own: ${round(result.perCpuSecond)}; ${round(result.allowedShare * 100)} % allowed`);
  }
}

async function rateOf(
  view: ConsentView, subjects: readonly ReturnType<typeof byEmail>[], updates: readonly TopicRecord[], updatesPerRound: number, beat: () => void,
): Promise<{ answers: number; updates: number; perCpuSecond: number; allowedShare: number }> {
  const once = (from: number): number => {
    let allowed = 0;
    for (let i = 0; i < ROUND; i += 1) if (view.may(subjects[(from + i) % subjects.length]!, 'marketing_email').allowed) allowed += 1;
    return allowed;
  };
  // The compiler's turn, and every key of those that are asked for again.
  for (let i = 0; i < Math.min(subjects.length, 2 * ACTIVE); i += ROUND) once(i);
  let [answers, allowed, taken] = [0, 0, 0];
  const [begin, cpu] = [performance.now(), process.cpuUsage()];
  while (performance.now() - begin < SECONDS * 1000) {
    allowed += once(answers);
    answers += ROUND;
    for (let i = 0; i < updatesPerRound; i += 1) view.take(updates[taken++ % updates.length]!);
    if (answers % (ROUND * 50) === 0) {
      beat();
      await setImmediate();
    }
  }
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { answers: answers / seconds, updates: taken / seconds, perCpuSecond: (answers * 1e6) / (user + system), allowedShare: allowed / answers };
}
