import type { Heed } from '@heed/e2e';
import path from 'node:path';
import pg from 'pg';
import { httpLoad } from './consent-write.js';
import type { LoadResult } from './consent-write.js';

const PRELOAD = path.join(import.meta.dirname, 'without.config.js');

/** What a service can be run without, see `without.config.ts`. */
export type Part = 'isolation' | 'authorisation' | 'limits' | 'encryption' | 'ledger';

export interface VariantRate {
  readonly name: string;
  /** Consent writes a second, the median of the rounds. */
  readonly perSecond: number;
}

/**
 * Consent writes by the same service on empty tables: as everybody runs it, without all of some parts and without each of
 * them, in turns, so that a machine that drifts drifts for all of them. The service as shipped comes first.
 */
export async function costOf(
  parts: readonly Part[],
  heed: Heed,
  load: { token: string; body: string; connections: number; url: string },
  rounds: number,
  secondsEach: number,
): Promise<readonly VariantRate[]> {
  const variants: readonly { readonly name: string; readonly without: readonly Part[] }[] = [
    { name: 'as shipped', without: [] },
    { name: 'without any', without: parts },
    ...parts.map((part) => ({ name: `without ${part}`, without: [part] })),
  ];
  const consent = heed.system.part('consent');
  const results = new Map(variants.map(({ name }) => [name, [] as LoadResult[]]));
  for (let round = 0; round < rounds; round += 1) {
    // Forth and back, and each on empty tables: what one has left to be sent would slow down the next.
    for (const { name, without } of round % 2 === 0 ? variants : variants.toReversed()) {
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

function environment(heed: Heed, without: readonly Part[]): Record<string, string> {
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
