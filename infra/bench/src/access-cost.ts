import type { Heed } from '@heed/e2e';
import path from 'node:path';
import pg from 'pg';
import { httpLoad } from './consent-write.js';
import type { LoadResult } from './consent-write.js';

const PRELOAD = path.join(import.meta.dirname, 'without-guards.config.js');
const GUARDS = ['isolation', 'authorisation', 'limits'] as const;
type Guard = (typeof GUARDS)[number];

/** What one service is run without. The first is the service as everybody runs it. */
const VARIANTS: readonly { readonly name: string; readonly without: readonly Guard[] }[] = [
  { name: 'as shipped', without: [] },
  { name: 'without any', without: GUARDS },
  ...GUARDS.map((guard) => ({ name: `without ${guard}`, without: [guard] })),
];

export interface VariantRate {
  readonly name: string;
  /** Consent writes a second, the median of the rounds. */
  readonly perSecond: number;
}

/**
 * Consent writes by the same service on the same rows, with and without tenant isolation, token checks and rate limits, in
 * turns, so that a machine that drifts drifts for all of them.
 */
export async function accessCost(
  heed: Heed,
  load: { token: string; body: string; connections: number; url: string },
  rounds: number,
  secondsEach: number,
): Promise<readonly VariantRate[]> {
  const consent = heed.system.part('consent');
  const results = new Map(VARIANTS.map(({ name }) => [name, [] as LoadResult[]]));
  for (let round = 0; round < rounds; round += 1) {
    // Forth and back, and each on empty tables: what one has left to be sent would slow down the next.
    for (const { name, without } of round % 2 === 0 ? VARIANTS : VARIANTS.toReversed()) {
      await consent.stop();
      await forgetDecisions(heed);
      await consent.start({ env: environment(heed, without) });
      await httpLoad({ ...load, seconds: 3 });
      const result = await httpLoad({ ...load, seconds: secondsEach });
      if (result.errors > 0) throw new Error(`consent ${name}: ${result.errors} calls failed`);
      results.get(name)?.push(result);
    }
  }
  await consent.restart();
  return [...results].map(([name, loads]) => ({ name, perSecond: median(loads.map((each) => each.perSecond)) }));
}

async function forgetDecisions(heed: Heed): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl(heed) });
  await client.connect();
  const tables = ['subject', 'identifier', 'consent_record', 'consent_state', 'dispatch', 'dispatch_target', 'ledger_entry'].map((table) => `t_ajuni.${table}`);
  await client.query(`TRUNCATE ${tables.join(', ')}, heed.outbox, heed.reminder CASCADE`);
  await client.end();
}

function adminUrl(heed: Heed): string {
  const url = new URL(heed.system.context.postgresUrl);
  url.pathname = '/heed_consent';
  return url.href;
}

function environment(heed: Heed, without: readonly Guard[]): Record<string, string> {
  return {
    NODE_OPTIONS: `--import=file://${PRELOAD}`,
    HEED_BENCH_WITHOUT: without.join(','),
    ...(without.includes('isolation') ? { HEED_DATABASE_URL: adminUrl(heed) } : {}),
    ...(without.includes('limits') ? { HEED_RATE_LIMIT_TOKEN: '0', HEED_RATE_LIMIT_ADDRESS: '0' } : {}),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
