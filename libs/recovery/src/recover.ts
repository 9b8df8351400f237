import { ledgerSequenced } from '@heed/contracts-ledger';
import { derivedId, failpoint, fillTopic } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import type { Kafka } from '@heed/kafka';
import { rootAt } from '@heed/ledger';
import { CheckpointReader, originOf, readHead, tilesOfTenant } from '@heed/ledger-keeper';
import type { LedgerKey } from '@heed/ledger-keeper';
import { isNotServed } from '@heed/persistence';
import type { Database, UnitOfWork } from '@heed/persistence';
import { conflict } from '@heed/kernel';
import { continueLedger } from './continue-ledger.js';
import { LedgerGap } from './ledger-gap.js';
import { readTopics } from './read-topics.js';
import { rewindGroups } from './rewind-groups.js';
import { Tally } from './tally.js';
import type { Heard, Lost, Restore, RecoveryReport, TenantReport } from './types.js';

export interface RecoveryOptions {
  readonly service: string;
  readonly kafka: Kafka;
  readonly topicPrefix: string;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly key: LedgerKey;
  readonly restore: Restore;
  /** Topics that this service publishes to, `{tenant}` for each that is behind: where `published` comes from. */
  readonly ownTopics: readonly string[];
  /** Other services whose events on these topics are wanted too, by name. */
  readonly hears?: readonly string[];
  /** Where platform teams send to this service, if they do. */
  readonly ingressTopic?: string;
  /** Only these tenants. */
  readonly tenants?: readonly string[];
  /** Does all of it and undoes it: the report is what would be. */
  readonly dryRun: boolean;
  readonly progress: (line: string) => void;
}

/** How far a consumer may have lagged when the copy was made. What it reads twice its inbox knows. */
const LAG_MS = 86_400_000;

/**
 * Brings a service whose database is an older copy back to where it stood, from what Kafka has. Per tenant in one
 * transaction; killed anywhere, it is run again: tenants that are done are not behind any more, the others keep the service
 * closed.
 */
export async function recover(options: RecoveryOptions): Promise<RecoveryReport> {
  const { service, kafka, topicPrefix, progress, dryRun } = options;
  const groupPrefix = `${topicPrefix}heed.${service}.`;
  const gaps = await findGaps(options);
  if (gaps.length === 0) return { service, dryRun, tenants: [], rewound: {} };
  progress(`${service}: behind are ${gaps.map(({ tenant, from, signed }) => `${tenant} (${from} of ${signed.size} records)`).join(', ')}`);
  const origins = new Map(gaps.map((gap) => [gap.signed.origin, gap]));
  await readTopics({
    kafka,
    groupPrefix,
    topics: [topicPrefix + fillTopic(ledgerSequenced.topics[0] ?? '', {})],
    wanted: (key) => origins.has(key),
    take: (event, at) => origins.get(event.key)?.take(event, at),
    progress: (read) => progress(`${service}: ${read} parts of ledgers read`),
  });
  for (const gap of gaps) gap.records(); // nothing is begun that cannot be finished
  const since = Math.min(...gaps.map(({ firstAt }) => firstAt)) - LAG_MS;
  const published = await readPublished(options, gaps, groupPrefix, since);
  const ingress = await readIngress(options, gaps, groupPrefix, since);
  // First, while every tenant keeps the service closed: once all are back it opens by itself, whoever is killed meanwhile.
  const rewound = await rewindGroups(kafka, groupPrefix, since, dryRun);
  failpoint('recover.groups-rewound');
  const tenants: TenantReport[] = [];
  for (const gap of gaps) {
    const report = await recoverTenant(options, gap, { published: published.get(gap.tenant) ?? [], ingress });
    tenants.push(report);
    progress(`${service}: ${gap.tenant} has its ${report.to} records again (${tenants.length} of ${gaps.length})`);
    failpoint('recover.tenant-done');
  }
  return { service, dryRun, tenants, rewound };
}

/** @throws HeedError `ledger_forked` where a ledger is long enough, and holds something else */
async function findGaps({ service, kafka, topicPrefix, database, unitOfWork, key, tenants }: RecoveryOptions): Promise<readonly LedgerGap[]> {
  const told = await new CheckpointReader({ kafka, service, topicPrefix }).read(AbortSignal.timeout(120_000));
  const gaps: LedgerGap[] = [];
  for (const { id } of await database.listTenants()) {
    const note = told.get(id);
    if (note === undefined || (tenants && !tenants.includes(id))) continue;
    const signed = { ...key.open(id, note), note };
    const look = unitOfWork.run(id, async (tx) => {
      const { size } = await readHead(tx);
      if (size < signed.size) return size;
      if ((await rootAt(signed.size, tilesOfTenant(tx))).equals(signed.root)) return undefined;
      throw conflict('ledger_forked', `${originOf(service, id)} holds something else among its first ${signed.size} records than was signed: it cannot be continued. Put back the newest copy of the database that was never served from.`);
    });
    const from = await look.catch((error: unknown) => {
      if (isNotServed(error)) return undefined;
      throw error;
    });
    if (from !== undefined) gaps.push(new LedgerGap(id, from, signed));
  }
  return gaps;
}

async function readPublished(options: RecoveryOptions, gaps: readonly LedgerGap[], groupPrefix: string, since: number): Promise<ReadonlyMap<string, readonly HeedEvent[]>> {
  const { kafka, topicPrefix, ownTopics, service } = options;
  const sources = [service, ...(options.hears ?? [])].map((name) => `/heed/${name}`);
  const published = new Map<string, { event: HeedEvent; at: number }[]>(gaps.map(({ tenant }) => [tenant, []]));
  const topics = ownTopics.flatMap((pattern) => (pattern.includes('{tenant}') ? gaps.map(({ tenant }) => fillTopic(pattern, { tenant })) : [pattern]));
  await readTopics({
    kafka,
    groupPrefix,
    topics: topics.map((topic) => topicPrefix + topic),
    since,
    take: (event, at) => {
      if (sources.includes(event.source)) published.get(event.tenant)?.push({ event, at });
    },
    progress: (read) => options.progress(`${service}: ${read} events read`),
  });
  return new Map([...published].map(([tenant, events]) => [tenant, events.sort((a, b) => a.at - b.at).map(({ event }) => event)]));
}

async function readIngress(options: RecoveryOptions, gaps: readonly LedgerGap[], groupPrefix: string, since: number): Promise<ReadonlyMap<string, Heard>> {
  const { kafka, topicPrefix, ingressTopic } = options;
  const heard = new Map<string, Heard>();
  if (ingressTopic === undefined) return heard;
  for (const { tenant } of gaps) {
    // The topic says whose it is, whatever an event claims.
    const take = (event: HeedEvent, at: number): void => void heard.set(derivedId(tenant, event.source, event.id), { event: { ...event, tenant }, at: new Date(at) });
    await readTopics({ kafka, groupPrefix, topics: [topicPrefix + fillTopic(ingressTopic, { tenant })], since, take, tenantOf: () => tenant });
  }
  return heard;
}

class Undone extends Error {
  override readonly name = 'Undone';
}

async function recoverTenant(options: RecoveryOptions, gap: LedgerGap, told: Pick<Lost, 'published' | 'ingress'>): Promise<TenantReport> {
  const { database, unitOfWork, restore, dryRun } = options;
  const { tenant, from, signed } = gap;
  const records = gap.records();
  const [applied, missing] = [new Tally(), new Tally()];
  // What the copy had still to tell of its ledger was told, and further than that: told again it would seem to be the newest.
  if (!dryRun) await database.query(`DELETE FROM heed.outbox WHERE key = $1 AND topic LIKE '%heed.ledger.%'`, [signed.origin]);
  const run = unitOfWork.run(tenant, async (tx) => {
    await tx.query('SELECT 1 FROM ledger_head FOR UPDATE');
    const { size } = await readHead(tx);
    if (size !== from) throw conflict('ledger_in_use', `The ledger of ${tenant} has grown meanwhile: something serves this database.`);
    await continueLedger(tx, gap, records);
    await restore(tx, { records, ...told }, { applied, missing });
    tx.record({ kind: 'ledger.recovered', data: { from, to: from + records.length, applied: applied.counts, missing: missing.counts } });
    failpoint('recover.before-commit');
    if (dryRun) throw new Undone();
  });
  await run.catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
  return { tenant, from, to: from + records.length, applied: applied.counts, missing: missing.counts };
}
