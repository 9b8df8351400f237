import type { Heed, Subject } from '@heed/sdk';
import { byEmail } from '@heed/sdk';
import { setImmediate } from 'node:timers/promises';
import { emailOf, MARKER, readMarker } from './wire.js';

/** Answers between two turns of the event loop, in which updates are read. */
const ROUND = 2_000;
/** Identifiers whose keys are ready after it, and the compiler's turn. */
const WARM_MS = 1_500;

export interface Rate {
  readonly answersPerSecond: number;
  /** By the time of this process's own, the reading of updates included. */
  readonly answersPerCpuSecond: number;
  readonly updatesPerSecond: number;
  readonly allowedShare: number;
  /** From when an update was published until `may` answered by it. */
  readonly seenAfterMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The oldest that what was answered from ever was, by the SDK's own word. */
  readonly stalestMs: number;
  /** Answers that were no because nothing could be known. */
  readonly unknowing: number;
}

const marker = byEmail(emailOf(MARKER));

/** Asks as fast as one process can, and lets the updates in after each round. */
export async function rateOf(heed: Heed, subjects: readonly Subject[], seconds: number): Promise<Rate> {
  await ask(heed, subjects, WARM_MS);
  const before = readMarker(heed.may(marker, 'marketing_email').recordId ?? '').count;
  const [begin, cpu] = [performance.now(), process.cpuUsage()];
  const asked = await ask(heed, subjects, seconds * 1000);
  const took = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const sorted = asked.seenAfter.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    answersPerSecond: asked.answers / took, answersPerCpuSecond: (asked.answers * 1e6) / (user + system), updatesPerSecond: (asked.lastCount - before) / took,
    allowedShare: asked.allowed / asked.answers, seenAfterMs: { p50: at(0.5), p99: at(0.99), max: at(1) }, stalestMs: asked.stalest, unknowing: asked.unknowing,
  };
}

async function ask(heed: Heed, subjects: readonly Subject[], ms: number): Promise<{ answers: number; allowed: number; unknowing: number; lastCount: number; seenAfter: number[]; stalest: number }> {
  let [answers, allowed, unknowing, stalest] = [0, 0, 0, 0];
  const seenAfter: number[] = [];
  let seen = heed.may(marker, 'marketing_email').recordId ?? '';
  const begin = performance.now();
  while (performance.now() - begin < ms) {
    for (let i = 0; i < ROUND; i += 1) {
      const answer = heed.may(subjects[(answers + i) % subjects.length]!, 'marketing_email');
      if (answer.allowed) allowed += 1;
      else if (answer.stale || answer.reason === 'not_ready') unknowing += 1;
    }
    answers += ROUND;
    await setImmediate();
    const id = heed.may(marker, 'marketing_email').recordId ?? '';
    if (id !== seen) seenAfter.push(Date.now() - readMarker(id).ms);
    seen = id;
    stalest = Math.max(stalest, heed.status().ageMs);
  }
  return { answers, allowed, unknowing, lastCount: readMarker(seen).count, seenAfter, stalest };
}
