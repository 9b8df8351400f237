import { createKafka } from '@heed/kafka';
import type { KafkaSettings } from '@heed/kafka';
import * as calls from '@platformatic/kafka';
import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import type { Admin } from 'kafkajs';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ConfigResourceTypes, ResourcePatternTypes } = kafkajs;

/** `allowed`, or the broker's own word for its refusal. */
export type Outcome = string;
export const ALLOWED = 'allowed';
type Attempts<A extends readonly string[]> = Readonly<Record<string, (...names: A) => Promise<Outcome>>>;

/**
 * Somebody with a login and bad intentions: tries one thing after the other and says what came of it. What an attacker
 * would write himself goes to the broker as bare requests, without the questions that a well-behaved client asks first.
 */
export class KafkaStranger {
  private constructor(
    private readonly admin: Admin,
    private readonly connection: calls.Connection,
  ) {}

  static async arrive(settings: KafkaSettings): Promise<KafkaStranger> {
    const admin = createKafka({ ...settings, retries: 2 }).admin();
    const { sasl } = settings;
    const connection = new calls.Connection('stranger', sasl ? { sasl: { ...sasl, mechanism: 'SCRAM-SHA-512' } } : {});
    const [host = '', port] = (settings.brokers[0] ?? '').split(':');
    await Promise.all([admin.connect(), connection.connect(host, Number(port))]);
    return new KafkaStranger(admin, connection);
  }

  async leave(): Promise<void> {
    await Promise.all([this.admin.disconnect(), this.connection.close()]);
  }

  /** What can be tried on a topic: where it is allowed it leaves a record at most, whatever destroys only pretends. */
  readonly onTopics: Attempts<[topic: string]> = {
    describe: (topic) => outcome(this.admin.fetchTopicMetadata({ topics: [topic] })),
    'look at the offsets of': (topic) => {
      const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1n }];
      return outcome(calls.listOffsetsV7.api.async(this.connection, -1, 0, [{ name: topic, partitions }]));
    },
    read: (topic) => outcome(this.read(topic)),
    write: (topic) => outcome(this.write(topic, 'no event')),
    'read the settings of': (topic) =>
      outcome(this.admin.describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }] })),
    'alter the settings of': (topic) => {
      const configEntries = [{ name: 'retention.ms', value: '1000' }];
      return outcome(this.admin.alterConfigs({ validateOnly: true, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }] }));
    },
    'add partitions to': (topic) => outcome(this.admin.createPartitions({ validateOnly: true, topicPartitions: [{ topic, count: 50 }] })),
    'delete records of': (topic) => {
      const partitions = [{ partitionIndex: 0, offset: 0n }];
      return outcome(calls.deleteRecordsV2.api.async(this.connection, [{ name: topic, partitions }], 5000));
    },
  };

  /** Alone of its kind, for there is no pretending. */
  deleteTopic(topic: string): Promise<Outcome> {
    return outcome(this.admin.deleteTopics({ topics: [topic], timeout: 5000 }));
  }

  createTopic(topic: string): Promise<Outcome> {
    return outcome(this.admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 1 }] }));
  }

  /** What can be tried on a group that is somebody else's. */
  readonly onGroups: Attempts<[group: string, topic: string]> = {
    join: (group) => outcome(calls.joinGroupV9.api.async(this.connection, group, 6000, 6000, '', null, 'consumer', [{ name: 'range', metadata: Buffer.alloc(0) }])),
    'see the offsets of': (group, topic) => outcome(calls.offsetFetchV8.api.async(this.connection, [{ groupId: group, memberEpoch: -1, topics: [{ name: topic, partitionIndexes: [0] }] }], false)),
    'set the offsets of': (group, topic) => {
      const partitions = [{ partitionIndex: 0, committedOffset: 0n, committedLeaderEpoch: -1 }];
      return outcome(calls.offsetCommitV8.api.async(this.connection, group, -1, '', null, [{ name: topic, partitions }]));
    },
    describe: (group) => outcome(calls.describeGroupsV5.api.async(this.connection, [group], false)),
    delete: (group) => outcome(calls.deleteGroupsV2.api.async(this.connection, [group])),
  };

  /** Becomes the producer of a transaction, as which it could end the one that another has open. */
  async transact(transactionalId: string): Promise<Outcome> {
    // The first who asks makes the broker set transactions up; whoever may not ask can do without.
    await calls.findCoordinatorV4.api.async(this.connection, 1, [transactionalId]).catch(() => undefined);
    return outcome(calls.initProducerIdV4.api.async(this.connection, transactionalId, 60_000));
  }

  /** What only an administrator may do. */
  readonly onRights: Attempts<[]> = {
    list: () => outcome(this.admin.describeAcls(ANY_RULE)),
    grant: () => outcome(this.admin.createAcls({ acl: [EVERYTHING] })),
    revoke: () => outcome(this.admin.deleteAcls({ filters: [ANY_RULE] })),
  };

  topics(): Promise<readonly string[]> {
    return this.admin.listTopics();
  }

  async write(topic: string, value: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const asBuffers = new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]));
    await calls.produceV9.api.async(this.connection, -1, 5000, [{ topic, key: Buffer.from(randomUUID()), value: Buffer.from(value), headers: asBuffers }]);
  }

  /** Whatever the topic's first partition holds, as text, headers too. */
  async read(topic: string): Promise<string> {
    const partitions = [{ partition: 0, currentLeaderEpoch: -1, fetchOffset: 0n, lastFetchedEpoch: -1, partitionMaxBytes: 10_000_000 }];
    const answer = await calls.fetchV12.api.async(this.connection, 100, 0, 10_000_000, 0, 0, -1, [{ topicId: topic, partitions }], [], '');
    const records = answer.responses.flatMap((one) => one.partitions).flatMap((one) => one.records ?? []).flatMap((batch) => batch.records);
    return records.map(({ headers, value }) => `${headers.flat().map(String).join(' ')} ${String(value)}`).join('\n');
  }
}

const ANY_RULE = {
  resourceType: AclResourceTypes.ANY, resourcePatternType: ResourcePatternTypes.ANY, operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY,
} as const;
const EVERYTHING = {
  principal: 'User:stranger', host: '*', operation: AclOperationTypes.ALL, permissionType: AclPermissionTypes.ALLOW,
  resourceType: AclResourceTypes.TOPIC, resourceName: 'heed.', resourcePatternType: ResourcePatternTypes.PREFIXED,
} as const;

async function outcome(attempt: Promise<unknown>): Promise<Outcome> {
  try {
    return refusalInside(await attempt) ?? ALLOWED;
  } catch (error) {
    return wordOf(error);
  }
}

/** Some answers carry their refusal inside. */
function refusalInside(answer: unknown): Outcome | undefined {
  const text = JSON.stringify(answer ?? null, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  const code = /"errorCode":([1-9]\d*)/.exec(text)?.[1];
  return code === undefined ? undefined : (REFUSALS[code] ?? `error ${code}`);
}

const REFUSALS: Readonly<Record<string, Outcome>> = {
  29: 'TOPIC_AUTHORIZATION_FAILED',
  30: 'GROUP_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
};

function wordOf(error: unknown): Outcome {
  if (!(error instanceof Error)) return String(error);
  for (const key of ['type', 'apiId'] as const) {
    const word: unknown = key in error ? Reflect.get(error, key) : undefined;
    if (typeof word === 'string') return word;
  }
  const [first]: readonly unknown[] = 'errors' in error && Array.isArray(error.errors) ? error.errors : [error.cause];
  return first === undefined ? error.message : wordOf(first);
}
