import { declaredTopics } from '@heed/kafka';
import { dispatchOwner, fillTopic } from '@heed/kernel';

export interface DeclaredTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly config: Readonly<Record<string, string>>;
}

/** What infra/kafka/topics.yaml declares, with `{tenant}` left to fill. */
export async function readTopics(): Promise<ReadonlyMap<string, DeclaredTopic>> {
  const topics = await declaredTopics(['{tenant}']);
  return new Map(
    topics.map((topic) => [
      topic.topic,
      {
        name: topic.topic,
        partitions: topic.numPartitions ?? 1,
        replicas: topic.replicationFactor ?? 1,
        config: Object.fromEntries((topic.configEntries ?? []).map((entry) => [entry.name, entry.value])),
      },
    ]),
  );
}

/** The declared topics that a contract's pattern stands for: `{owner}` is every owner of dispatches, `{tenant}` is left to fill. */
export function topicsOf(pattern: string): readonly string[] {
  const owners = pattern.includes('{owner}') ? dispatchOwner.options : [undefined];
  return owners.map((owner) => fillTopic(pattern, { tenant: '{tenant}', owner }));
}
