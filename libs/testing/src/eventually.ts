import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Default 10 s. */
  readonly timeoutMs?: number;
  /** Default 25 ms. */
  readonly everyMs?: number;
}

/**
 * Calls until it neither throws nor answers `false`, and hands back the answer; at the deadline the last
 * failure is thrown, so that the report says what was still wrong.
 *
 * @example await eventually(async () => expect(await rows()).toHaveLength(3), { timeoutMs: 5_000 });
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<Exclude<T, false>> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const outcome = await settle(attempt);
    if (outcome.ok) return outcome.value;
    if (performance.now() > deadline) {
      throw outcome.error ?? new Error(`what was waited for did not come true within ${timeoutMs} ms`);
    }
    await sleep(options.everyMs ?? 25);
  }
}

type Outcome<T> = { readonly ok: true; readonly value: Exclude<T, false> } | { readonly ok: false; readonly error?: unknown };

async function settle<T>(attempt: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    const value = await attempt();
    return value === false ? { ok: false } : { ok: true, value: value as Exclude<T, false> };
  } catch (error) {
    return { ok: false, error };
  }
}
