import type { Admin, Kafka } from 'kafkajs';

/** Deletes the topics of a tenant and the groups of its agents, and waits until they are gone. Idempotent. */
export async function removeTopics(kafka: Kafka, tenant: string, options: { readonly prefix?: string } = {}): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const { topics, groups } = await belongings(admin, tenant, options.prefix ?? '');
    if (groups.length > 0) await deleteGroups(admin, tenant, groups);
    if (topics.length > 0) await admin.deleteTopics({ topics: [...topics], timeout: 30_000 });
    const deadline = Date.now() + 30_000;
    while ((await belongings(admin, tenant, options.prefix ?? '')).topics.length > 0) {
      if (Date.now() > deadline) throw new Error(`Kafka still lists topics of ${tenant} 30 s after they were deleted.`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
}

/** What of a tenant Kafka still lists: nothing, after `removeTopics`. */
export async function topicsLeft(kafka: Kafka, tenant: string, options: { readonly prefix?: string } = {}): Promise<readonly string[]> {
  const { topics, groups } = await withAdmin(kafka, (admin) => belongings(admin, tenant, options.prefix ?? ''));
  return [...topics.map((topic) => `topic ${topic}`), ...groups.map((group) => `group ${group}`)];
}

async function deleteGroups(admin: Admin, tenant: string, groups: readonly string[]): Promise<void> {
  try {
    await admin.deleteGroups([...groups]);
  } catch (cause) {
    throw new Error(`A store agent of ${tenant} still reads its commands: end it first, then run this again.`, { cause });
  }
}

async function belongings(admin: Admin, tenant: string, prefix: string): Promise<{ topics: readonly string[]; groups: readonly string[] }> {
  const [topics, { groups }] = [await admin.listTopics(), await admin.listGroups()];
  return {
    topics: topics.filter((topic) => topic.startsWith(`${prefix}heed.t.${tenant}.`)),
    groups: groups.map(({ groupId }) => groupId).filter((group) => group.startsWith(`${prefix}heed.agent.${tenant}.`)),
  };
}

async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
