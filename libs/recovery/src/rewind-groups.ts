import type { Kafka } from '@heed/kafka';

type Admin = ReturnType<Kafka['admin']>;

/** Groups of readings like a recovery's own: they commit nothing. */
const PASSING = /\.(recover|checkpoints)\.[0-9a-f-]{36}$/;

/** Where consumers are set back to. */
export interface Rewind {
  /** By the broker's clock, in milliseconds. */
  readonly since: number;
  /** Topics that are kept for ever, and read again from their beginning: handling what they tell twice changes nothing. */
  readonly whole: readonly string[];
  readonly dryRun: boolean;
}

/**
 * Sets a service's consumers back to a time before its copy was made. What they read again, and the copy knows, its inbox
 * passes over; the rest is done as if it had come now. Never forwards, so a second run changes nothing.
 * @returns partitions set back, by group
 * @throws where the service still reads in one of the groups
 */
export async function rewindGroups(kafka: Kafka, groupPrefix: string, rewind: Rewind): Promise<Readonly<Record<string, number>>> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { groups } = await admin.listGroups();
    const own = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(groupPrefix) && !PASSING.test(id));
    // Side by side: to set one back, kafkajs joins it as a member, which takes seconds.
    const counts = await Promise.all(own.map(async (groupId) => [groupId, await rewindGroup(admin, groupId, rewind)] as const));
    return Object.fromEntries(counts.filter(([, partitions]) => partitions > 0));
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function rewindGroup(admin: Admin, groupId: string, { since, whole, dryRun }: Rewind): Promise<number> {
  let rewound = 0;
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
    const starts = whole.includes(topic)
      ? new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, low }) => [partition, low]))
      : new Map((await admin.fetchTopicOffsetsByTimestamp(topic, since)).map(({ partition, offset }) => [partition, offset]));
    const back = partitions.flatMap(({ partition, offset }) => {
      const start = starts.get(partition);
      return start !== undefined && BigInt(offset) > BigInt(start) && BigInt(start) >= 0n ? [{ partition, offset: start }] : [];
    });
    if (back.length === 0) continue;
    if (!dryRun) await admin.setOffsets({ groupId, topic, partitions: back });
    rewound += back.length;
  }
  return rewound;
}
