import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildExit } from './child.js';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly everyMs?: number;
  /** Ends the wait at once when the process one waits for is gone. */
  readonly unless?: () => ChildExit | undefined;
}

export type WaitResult = 'ready' | 'timeout' | ChildExit;

/** Polls until the probe says yes. A probe that throws has said no. */
export async function waitFor(probe: () => Promise<boolean>, options: WaitOptions): Promise<WaitResult> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    const exit = options.unless?.();
    if (exit !== undefined) return exit;
    if (await probe().catch(() => false)) return 'ready';
    if (performance.now() > deadline) return 'timeout';
    await sleep(options.everyMs ?? 50);
  }
}
