import { tenantOf } from '@heed/kafka';
import { derivedId, fillTopic } from '@heed/kernel';
import type { HeedEvent } from '@heed/kernel';
import type { LedgerGap } from './ledger-gap.js';
import { readTopics } from './read-topics.js';
import type { RecoveryOptions } from './recover.js';
import type { Heard } from './types.js';

/** What the service published itself, and whom it hears, by tenant. */
export async function readPublished(options: RecoveryOptions, gaps: readonly LedgerGap[], groupPrefix: string, since: number): Promise<ReadonlyMap<string, readonly HeedEvent[]>> {
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

/** What platform teams sent to the tenants that are behind, by its opaque id. */
export async function readIngress(options: RecoveryOptions, gaps: readonly LedgerGap[], groupPrefix: string, since: number): Promise<ReadonlyMap<string, Heard>> {
  const { kafka, topicPrefix, ingressTopic } = options;
  const heard = new Map<string, Heard>();
  if (ingressTopic === undefined) return heard;
  await readTopics({
    kafka,
    groupPrefix,
    topics: gaps.map(({ tenant }) => topicPrefix + fillTopic(ingressTopic, { tenant })),
    since,
    // The topic says whose it is, whatever an event claims.
    tenantOf: (topic) => tenantOf(topic.slice(topicPrefix.length)),
    take: (event, at) => void heard.set(derivedId(event.tenant, event.source, event.id), { event, at: new Date(at) }),
  });
  return heard;
}
