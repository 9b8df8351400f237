import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import { parse } from 'yaml';
import { z } from 'zod';
import { tighten } from './bounded-topics.js';

const declaration = z.strictObject({
  topics: z.array(
    z.strictObject({
      name: z.string(),
      partitions: z.int().min(1),
      replicationFactor: z.int().min(1).optional(),
      config: z.record(z.string(), z.string()).default({}),
      /** Dead letters beside it. */
      dlq: z.boolean().default(false),
      /** What it declares is a limit: a topic that is there already is brought within it too. */
      bound: z.boolean().default(false),
    }),
  ),
  dlq: z.strictObject({ partitions: z.int().min(1), config: z.record(z.string(), z.string()) }),
  replicationFactor: z.int().min(1),
});

export interface DeclaredTopic extends ITopicConfig {
  readonly configEntries: { readonly name: string; readonly value: string }[];
  readonly bound: boolean;
}

/** A call is one atomic batch of the controller's, which takes 10,000 records: a thousand tenants at once would be refused. */
const PER_CALL = 500;

export const topicsFile = path.join(import.meta.dirname, '../../../infra/kafka/topics.yaml');

/**
 * Creates the declared topics that are missing; those that exist keep their settings, but within declared bounds. Idempotent.
 * @param tenants fill `{tenant}`
 * @returns the names of topics that were created
 */
export async function applyTopics(kafka: Kafka, tenants: readonly string[], options: { prefix?: string; file?: string } = {}): Promise<readonly string[]> {
  const wanted = await declaredTopics(tenants, options);
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = wanted.filter((topic) => !existing.has(topic.topic));
    for (let at = 0; at < missing.length; at += PER_CALL) {
      await admin.createTopics({ topics: missing.slice(at, at + PER_CALL), waitForLeaders: false });
    }
    await waitForLeaders(admin, wanted.map((topic) => topic.topic));
    await tighten(admin, wanted.filter((topic) => topic.bound && existing.has(topic.topic)));
    return missing.map((topic) => topic.topic);
  } finally {
    await admin.disconnect();
  }
}

export async function declaredTopics(tenants: readonly string[], options: { prefix?: string; file?: string } = {}): Promise<readonly DeclaredTopic[]> {
  const file = declaration.parse(parse(await readFile(options.file ?? topicsFile, 'utf8')));
  const topics: DeclaredTopic[] = [];
  for (const topic of file.topics) {
    const replicationFactor = topic.replicationFactor ?? file.replicationFactor;
    for (const name of topic.name.includes('{tenant}') ? tenants.map((t) => topic.name.replace('{tenant}', t)) : [topic.name]) {
      const entries = (config: Record<string, string>) => Object.entries(config).map(([key, value]) => ({ name: key, value }));
      topics.push({ topic: `${options.prefix ?? ''}${name}`, numPartitions: topic.partitions, replicationFactor, configEntries: entries(topic.config), bound: topic.bound });
      if (topic.dlq) {
        topics.push({ topic: `${options.prefix ?? ''}${name}.dlq`, numPartitions: file.dlq.partitions, replicationFactor, configEntries: entries(file.dlq.config), bound: false });
      }
    }
  }
  return topics;
}

/** kafkajs' own wait races on KRaft; this one asks until every partition has a leader. */
async function waitForLeaders(admin: Admin, topics: string[]): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      const metadata = await admin.fetchTopicMetadata({ topics });
      if (metadata.topics.every((topic) => topic.partitions.length > 0 && topic.partitions.every((p) => p.leader >= 0))) return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    if (Date.now() > deadline) throw new Error('topics have no leaders after 30 s');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
