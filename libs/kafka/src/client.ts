import { secureVersion } from '@heed/config';
import type { KafkaSettings } from '@heed/config';
import { unavailable } from '@heed/kernel';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import type { KafkaConfig, Producer, SASLOptions } from 'kafkajs';
import { troubleOf } from './trouble.js';

export type { Kafka, KafkaSettings };

export interface ClientOptions extends KafkaSettings {
  /** Tries at one call before it fails; a service never gives up, a command does. */
  readonly retries?: number;
  /** Told why Kafka cannot be used, at every try that fails for a reason which may not pass by itself. */
  readonly onTrouble?: (reason: string) => void;
}

/**
 * A client with the settings that recover within a second after the broker is back: kafkajs by itself gives up, or
 * waits ten times as long.
 *
 * @example createKafka(kafkaSettings(environment, 'heed-consent'))
 */
export function createKafka(options: ClientOptions): Kafka {
  const { onTrouble } = options;
  return new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    ...security(options),
    logLevel: onTrouble ? logLevel.ERROR : logLevel.NOTHING,
    ...(onTrouble ? { logCreator: telling(options, onTrouble) } : {}),
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: options.retries ?? 1_000_000 },
  });
}

function security({ sasl, tls }: KafkaSettings): Pick<KafkaConfig, 'sasl' | 'ssl'> {
  return {
    // kafkajs types one shape per mechanism, all alike for these three.
    ...(sasl ? { sasl: { ...sasl } as SASLOptions } : {}),
    ...(tls ? { ssl: encrypted(tls) } : {}),
  };
}

/** The version is read at every connection: it may rise while the program runs. */
function encrypted(tls: NonNullable<KafkaSettings['tls']>): NonNullable<KafkaConfig['ssl']> {
  return {
    ...tls,
    get minVersion() {
      return secureVersion(tls.minVersion);
    },
  };
}

/** kafkajs keeps the reason of a failed connection to itself and tries again: its log is the only place that tells. */
function telling(settings: KafkaSettings, tell: (reason: string) => void): NonNullable<KafkaConfig['logCreator']> {
  return () => ({ log }) => {
    const reason = troubleOf(log.message, settings);
    if (reason !== undefined) tell(reason);
  };
}

export interface OutgoingMessage {
  readonly topic: string;
  readonly key: string | Buffer | null;
  readonly value: Buffer | string | null;
  readonly headers: Readonly<Record<string, string | Buffer>>;
}

/** Longest wait for an acknowledgement of a batch, in milliseconds; then the caller decides. */
const PUBLISH_DEADLINE = 15_000;

/** The one door to a Kafka producer: batches, `acks=all`. Only the relay, the agent and the dead-letter queue hold one. */
export class Publisher {
  private producer: Producer;
  private spoiled = false;
  private renewing: Promise<void> | undefined;

  constructor(private readonly kafka: Kafka) {
    this.producer = this.newProducer();
  }

  async connect(): Promise<void> {
    await this.producer.connect();
  }

  async disconnect(): Promise<void> {
    await this.producer.disconnect();
  }

  /**
   * Resolves when every message is acknowledged by all in-sync replicas.
   * @throws HeedError `kafka_unavailable`; the batch may then have been written in part, and readers deduplicate.
   */
  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const byTopic = new Map<string, OutgoingMessage[]>();
    for (const message of messages) {
      const list = byTopic.get(message.topic);
      if (list) list.push(message);
      else byTopic.set(message.topic, [message]);
    }
    await this.renewIfSpoiled();
    const sending = this.producer.sendBatch({
      acks: -1,
      compression: CompressionTypes.None,
      topicMessages: [...byTopic].map(([topic, list]) => ({
        topic,
        messages: list.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
      })),
    });
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no acknowledgement in time')), PUBLISH_DEADLINE);
    });
    try {
      await Promise.race([sending, deadline]);
    } catch (error) {
      sending.catch(() => undefined);
      this.spoiled ||= spoilsProducer(error);
      throw unavailable('kafka_unavailable', 'Kafka did not take the records; try again.', error);
    } finally {
      clearTimeout(timer);
    }
  }

  private newProducer(): Producer {
    return this.kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 5, retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1000 } });
  }

  /**
   * kafkajs asks for every topic that a producer has ever written to at once, and fails all of them for one that is gone or
   * forbidden: after a tenant was dropped, no other's events would leave any more. A new producer knows no topics.
   */
  private async renewIfSpoiled(): Promise<void> {
    if (!this.spoiled) return;
    this.renewing ??= this.renew().finally(() => (this.renewing = undefined)); // one for all that send at this moment
    await this.renewing;
  }

  private async renew(): Promise<void> {
    const former = this.producer;
    this.producer = this.newProducer();
    former.disconnect().catch(() => undefined);
    await this.producer.connect().catch((error: unknown) => {
      throw unavailable('kafka_unavailable', 'Kafka is not answering; try again.', error);
    });
    this.spoiled = false;
  }
}

const OF_A_TOPIC: readonly unknown[] = ['TOPIC_AUTHORIZATION_FAILED', 'UNKNOWN_TOPIC_OR_PARTITION'];

function spoilsProducer(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('type' in error && OF_A_TOPIC.includes(error.type)) || spoilsProducer(error.cause);
}
