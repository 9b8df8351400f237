import { ledgerSequenced } from '@heed/contracts-ledger';
import { policyActivated } from '@heed/contracts-subprocessor-registry';
import { conflict, failpoint, fillTopic } from '@heed/kernel';
import type { Kafka } from '@heed/kafka';
import { readHead, tilesOfTenant } from '@heed/ledger-keeper';
import type { LedgerKey } from '@heed/ledger-keeper';
import type { Database, UnitOfWork } from '@heed/persistence';
import { continueLedger } from './continue-ledger.js';
import { findGaps, newestRecordAt } from './find-gaps.js';
import type { LedgerGap, SettledGap } from './ledger-gap.js';
import { readIngress, readPublished } from './read-told.js';
import { readTopics } from './read-topics.js';
import { rewindGroups } from './rewind-groups.js';
import { Tally } from './tally.js';
import type { Lost, Restore, RecoveryReport, TenantReport } from './types.js';

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
  /** Whether records are believed that were told beyond the newest checkpoint: nothing shows that this service told them. */
  readonly unsigned: boolean;
  /** Does all of it and undoes it: the report is what would be. */
  readonly dryRun: boolean;
  readonly progress: (line: string) => void;
}

/** How far a consumer may have lagged when the copy was made. What it reads twice its inbox knows. */
const LAG_MS = 86_400_000;
/** What the registry tells of policies, data maps and access is few, kept for ever, and needed whole. */
const WHOLE = policyActivated.topics;

/** From when on consumers read again: the copy is older than the first record that it lacks, and not older than its newest. */
export const rereadSince = (newestRecordAt: number, firstMissingAt: readonly number[]): number => Math.max(0, Math.min(newestRecordAt, ...firstMissingAt) - LAG_MS);

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
  // Nothing is begun that cannot be finished.
  const settled = new Map<LedgerGap, SettledGap>();
  for (const gap of gaps) settled.set(gap, await options.unitOfWork.run(gap.tenant, (tx) => gap.settle(tilesOfTenant(tx), options.unsigned)));
  const since = rereadSince(await newestRecordAt(options), gaps.map(({ firstAt }) => firstAt));
  const published = await readPublished(options, gaps, groupPrefix, since);
  const ingress = await readIngress(options, gaps, groupPrefix, since);
  // First, while every tenant keeps the service closed: once all are back it opens by itself, whoever is killed meanwhile.
  const rewound = await rewindGroups(kafka, groupPrefix, { since, whole: WHOLE.map((topic) => topicPrefix + topic), dryRun });
  failpoint('recover.groups-rewound');
  const tenants: TenantReport[] = [];
  for (const [gap, part] of settled) {
    const report = await recoverTenant(options, gap, part, { published: published.get(gap.tenant) ?? [], ingress });
    tenants.push(report);
    progress(`${service}: ${gap.tenant} has its ${report.to} records again (${tenants.length} of ${gaps.length})`);
    failpoint('recover.tenant-done');
  }
  return { service, dryRun, tenants, rewound };
}

class Undone extends Error {
  override readonly name = 'Undone';
}

async function recoverTenant(options: RecoveryOptions, gap: LedgerGap, { records, unsigned, contested }: SettledGap, told: Pick<Lost, 'published' | 'ingress'>): Promise<TenantReport> {
  const { database, unitOfWork, restore, dryRun } = options;
  const { tenant, from, signed } = gap;
  const [applied, missing] = [new Tally(), new Tally()];
  // What the copy had still to tell of its ledger was told, and further than that: told again it would seem to be the newest.
  if (!dryRun) await database.query(`DELETE FROM heed.outbox WHERE key = $1 AND topic LIKE '%heed.ledger.%'`, [signed.origin]);
  const run = unitOfWork.run(tenant, async (tx) => {
    await tx.query('SELECT 1 FROM ledger_head FOR UPDATE');
    const { size } = await readHead(tx);
    if (size !== from) throw conflict('ledger_in_use', `The ledger of ${tenant} has grown meanwhile: something serves this database.`);
    const missed = await continueLedger(tx, gap, records);
    await restore(tx, { records: missed, ...told }, { applied, missing });
    tx.record({ kind: 'ledger.recovered', data: { from, to: from + records.length, unsigned, applied: applied.counts, missing: missing.counts } });
    failpoint('recover.before-commit');
    if (dryRun) throw new Undone();
  });
  await run.catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
  return { tenant, from, to: from + records.length, unsigned, contested, applied: applied.counts, missing: missing.counts };
}
