import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** One registry a process, served at `/metrics` on the service's own port. */
export const metrics = new Registry();

let defaults = false;
export function collectProcessMetrics(service: string): void {
  if (defaults) return;
  defaults = true;
  metrics.setDefaultLabels({ service });
  collectDefaultMetrics({ register: metrics });
}

const registers = [metrics];

export const outboxAge = new Gauge({
  name: 'heed_outbox_oldest_seconds',
  help: 'Age of the oldest unpublished outbox row.',
  registers,
});
export const ledgerWaiting = new Gauge({
  name: 'heed_ledger_waiting_seconds',
  help: 'How long records of a ledger have waited for their places, where they wait: the longest.',
  registers,
});
export const ledgerPlaced = new Counter({
  name: 'heed_ledger_records_total',
  help: 'Records that got their places in a ledger.',
  registers,
});
export const outboxPublished = new Counter({
  name: 'heed_outbox_published_total',
  help: 'Outbox rows published, by topic.',
  labelNames: ['topic'],
  registers,
});
export const consumerLag = new Gauge({
  name: 'heed_consumer_lag_records',
  help: 'Records behind the end of the partition after the last batch.',
  labelNames: ['group', 'topic', 'partition'],
  registers,
});
export const consumed = new Counter({
  name: 'heed_consumed_total',
  help: 'Records consumed, by group and what became of them.',
  labelNames: ['group', 'result'],
  registers,
});
export const targetsOpen = new Gauge({
  name: 'heed_targets',
  help: 'Dispatch targets that are not finished, by tenant and state.',
  labelNames: ['tenant', 'state'],
  registers,
});
export const keyCacheAge = new Gauge({
  name: 'heed_key_cache_age_seconds',
  help: 'Time since the provider of key-encryption keys last confirmed the keys of the tenant for which that is longest ago.',
  registers,
});
export const keyCacheLimit = new Gauge({
  name: 'heed_key_cache_limit_seconds',
  help: 'Age at which cached keys serve no more: calls that need them are answered 503 (keys_unavailable).',
  registers,
});
export const httpRefused = new Counter({
  name: 'heed_http_refused_total',
  help: 'Calls refused because of who made them (401, 403, 404, 429), by route and code.',
  labelNames: ['route', 'code'],
  registers,
});
export const httpDuration = new Histogram({
  name: 'heed_http_seconds',
  help: 'Time to answer, by route and status.',
  labelNames: ['route', 'status'],
  buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  registers,
});
