import { Heed, Population } from '@heed/e2e';
import { cpus } from 'node:os';
import { consentsBench } from './consents/index.js';
import { consentsProfile } from './consents/profile.js';
import { costOf } from './cost-of.js';
import type { Part } from './cost-of.js';
import { forgetBenchRows, httpLoad, pgbenchSameRows, prepareBenchRows } from './consent-write.js';
import type { LoadResult } from './consent-write.js';
import { erasures } from './erasures.js';
import { erasuresRaw } from './erasures-raw.js';
import { ledgerBench } from './ledger/index.js';
import { Processor } from './processor.js';
import { sdkBench } from './sdk/index.js';
import { tenantsBench } from './tenants/index.js';
import { withdrawalLatency } from './withdrawal-latency.js';

const TENANT = 'ajuni';
const SECONDS = 10;
const ERASURES = 2000;
const CONNECTIONS = 32;
const ROUNDS = 4;
const TENANTS = 1000;
const RECORDS = 1_000_000;
const PEOPLE = 1_000_000;
const CONSENT_RECORDS = 10_000_000;
const PROFILE_LINES = 20_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const optional = (value: string | undefined): number | undefined => (value === undefined ? undefined : Number(value));
const round = (value: number, digits = 0): string => value.toFixed(digits);

/** `npm run bench [latency|write|erasure|access|evidence|tenants [COUNT]|ledger [COUNT]|consents [RECORDS] [LINES]|consents-profile [LINES]|sdk [PEOPLE]]`: figures against the raw limit in the same run; nothing here passes or fails. */
async function main(wanted: readonly string[]): Promise<void> {
  const all = wanted.length === 0;
  say(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`);
  if (wanted.includes('tenants')) return tenantsBench(Number(wanted[1] ?? TENANTS), say);
  if (wanted.includes('ledger')) return ledgerBench(Number(wanted[1] ?? RECORDS), say);
  if (wanted.includes('sdk')) return sdkBench(Number(wanted[1] ?? PEOPLE), say);
  if (wanted.includes('consents-profile')) return consentsProfile(Number(wanted[1] ?? PROFILE_LINES), say);
  if (wanted.includes('consents')) return consentsBench(Number(wanted[1] ?? CONSENT_RECORDS), optional(wanted[2]), optional(wanted[3]), say);
  const heed = await Heed.start({ LOG_LEVEL: 'warn' });
  try {
    if (all || wanted.includes('latency')) await latency(heed);
    if (all || wanted.includes('erasure')) await erasure(heed);
    if (wanted.includes('access')) await costs(heed, ['isolation', 'authorisation', 'limits']);
    if (wanted.includes('evidence')) await costs(heed, ['encryption', 'ledger']);
    // Last: what it writes keeps the senders and agents busy for a while.
    if (all || wanted.includes('write')) await consentWrite(heed);
  } finally {
    await heed.stop();
  }
}

async function latency(heed: Heed): Promise<void> {
  const warm = await Population.settle(heed, TENANT, 100);
  await withdrawalLatency(heed, warm, 50);
  const people = await Population.settle(heed, TENANT, 1000);
  const result = await withdrawalLatency(heed, people, 50);
  say(`withdrawal, 50/s over 3 stores: ${result.count} withdrawals, answer to last acknowledgement p50 ${result.p50Ms} ms, p99 ${result.p99Ms} ms, max ${result.maxMs} ms`);
}

/** A decision of a new person each time, over the service's own port. */
const DECISION = JSON.stringify({
  subject: { identifiers: [{ type: 'email', value: 'p%d@example.org' }] },
  decisions: [{ purpose: 'marketing_email', decision: 'given' }],
});
const consentsOf = (heed: Heed): string => `http://127.0.0.1:${heed.system.context.ports.consent}/v1/consents`;

/** As `pgbench`: writing, with nobody on these cores who carries out what was written. */
async function stopAgents(heed: Heed): Promise<void> {
  for (const { id } of heed.system.context.tenants) await heed.system.part(`agent-${id}`).stop();
}

async function costs(heed: Heed, parts: readonly Part[]): Promise<void> {
  await stopAgents(heed);
  const load = { token: await heed.token(TENANT), body: DECISION, connections: CONNECTIONS, url: consentsOf(heed) };
  const [shipped, ...others] = await costOf(parts, heed, load, ROUNDS, 6);
  const rate = (variant: { perSecond: number } | undefined): number => variant?.perSecond ?? 0;
  const cost = (variant: { name: string; perSecond: number }): string =>
    `${variant.name} ${round(variant.perSecond)}/s (cost ${round(100 * (1 - rate(shipped) / variant.perSecond), 1)} %)`;
  say(`consent write, ${CONNECTIONS} connections, median of ${ROUNDS} rounds in turns: as shipped ${round(rate(shipped))}/s; ${others.map(cost).join('; ')}`);
}

async function consentWrite(heed: Heed): Promise<void> {
  const { context } = heed.system;
  const token = await heed.token(TENANT);
  const body = DECISION;
  const load = { token, connections: CONNECTIONS, seconds: SECONDS, url: consentsOf(heed) };
  await httpLoad({ ...load, body, seconds: 3 });
  const live = await httpLoad({ ...load, body });
  await stopAgents(heed);
  const alone = await httpLoad({ ...load, body });
  // A body that is refused before the database is reached: routing, token, JSON, validation and the answer.
  const ceiling = await httpLoad({ ...load, body: '{}', seconds: 5 });
  const url = new URL(context.postgresUrl);
  url.username = 'heed_consent';
  url.password = context.secrets.databases['consent'] ?? '';
  url.pathname = '/heed_consent';
  const admin = new URL(context.postgresUrl);
  admin.pathname = '/heed_consent';
  const role = `heed_consent_t_${TENANT}`;
  await prepareBenchRows(admin.href, role, `t_${TENANT}`);
  const raw = await pgbenchSameRows({ url: url.href, role, schema: `t_${TENANT}`, clients: CONNECTIONS, seconds: SECONDS });
  await forgetBenchRows(admin.href, `t_${TENANT}`);
  const figures = (load: LoadResult): string =>
    `${round(load.perSecond)}/s (p50 ${round(load.p50Ms)} ms, p99 ${round(load.p99Ms)} ms, ${load.errors} errors, ratio ${round(load.perSecond / raw, 2)})`;
  say(
    `consent write, ${CONNECTIONS} connections: ${figures(alone)}; while the agents carry it out on the same cores: ${figures(live)}; ` +
      `pgbench -M prepared, same rows: ${round(raw)}/s; HTTP without a database: ${round(ceiling.perSecond)}/s`,
  );
}

async function erasure(heed: Heed): Promise<void> {
  const processor = new Processor(heed, TENANT);
  const settle = async (count: number): Promise<Population> => {
    const people = await Population.settle(heed, TENANT, count, 5);
    await processor.import(people.emails);
    return people;
  };
  await erasuresRaw(heed, await settle(100), processor);
  const raw = await erasuresRaw(heed, await settle(ERASURES), processor);
  const result = await erasures(heed, await settle(ERASURES));
  await processor.close();
  const statements = Object.entries(result.statements).map(([store, count]) => `${store} ${round(count, 2)}`);
  say(
    `erasure over 3 stores, 22 rows each: ${result.count} requests, ${round(result.perSecond)}/s to the certificate; the same rows and OpenDSR calls ` +
      `without Heed: ${round(raw)}/s; ratio ${round(result.perSecond / raw, 2)}; statements per erasure: ${statements.join(', ')}`,
  );
}

await main(process.argv.slice(2));
