import { unavailable } from '@heed/kernel';
import type { Kafka } from './client.js';

const TENANT_TOPIC = /(^|\.)heed\.t\.[^.]+\./;
const ANSWER_MS = 10_000;

/**
 * Those of the topics that a consumer can join with. One that is missing, or that it may not see, would keep it from all
 * others; so a tenant's that is not there yet, or no longer, is left out until it is. Heed's own topics never are: a service
 * without them is not ready.
 */
export async function readableTopics(kafka: Kafka, topics: readonly string[]): Promise<readonly string[]> {
  if (!topics.some((topic) => TENANT_TOPIC.test(topic))) return topics;
  const there = new Set(await shown(kafka));
  return topics.filter((topic) => there.has(topic) || !TENANT_TOPIC.test(topic));
}

/** What the brokers show of themselves to this user. */
async function shown(kafka: Kafka): Promise<readonly string[]> {
  const admin = kafka.admin();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable('kafka_unavailable', 'Kafka does not say which topics there are.')), ANSWER_MS);
  });
  const asking = admin.connect().then(() => admin.listTopics());
  try {
    return await Promise.race([asking, deadline]);
  } finally {
    clearTimeout(timer);
    asking.catch(() => undefined);
    admin.disconnect().catch(() => undefined);
  }
}
