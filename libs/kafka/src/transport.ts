import { fillTopic } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import type { Database, UnitOfWork } from '@heed/persistence';
import { Server } from '@nestjs/microservices';
import type { CustomTransportStrategy, MessageHandler } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import { BatchRunner } from './batch-runner.js';
import type { Kafka } from './client.js';
import { HEED_KAFKA } from './consumes.js';
import type { Consumption } from './consumes.js';
import { EventConsumer } from './event-consumer.js';

export interface TransportOptions {
  readonly kafka: Kafka;
  /** The service's name: groups are `heed.<service>.<group>`. */
  readonly service: string;
  readonly topicPrefix: string;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly logger: Logger;
  /** `{owner}` in topics, for acknowledgements. */
  readonly owner?: string;
  /** Groups that answer for a topic: a type that is not in the list is dead-lettered there, elsewhere it is skipped. */
  readonly strict?: Readonly<Record<string, readonly string[]>>;
  /** Hides the payload of dead letters of topics that carry identifiers in the clear. */
  readonly seal?: (value: Buffer, tenant: string) => Promise<Buffer>;
}

/** Nest's door to Kafka: one runner per consumer group, batches, dead letters, exactly-once effects. */
export class KafkaTransport extends Server implements CustomTransportStrategy {
  override readonly transportId = HEED_KAFKA;
  private runners: BatchRunner[] = [];

  constructor(private readonly options: TransportOptions) {
    super();
  }

  listen(callback: () => void): void {
    const groups = new Map<string, { consumption: Consumption; handler: MessageHandler }[]>();
    for (const handler of this.messageHandlers.values()) {
      const consumption = (handler.extras as { consumption?: Consumption } | undefined)?.consumption;
      if (!consumption) throw new Error('a handler was registered without @Consumes');
      const list = groups.get(consumption.group) ?? [];
      list.push({ consumption, handler });
      groups.set(consumption.group, list);
    }
    for (const [group, handlers] of groups) this.runners.push(this.makeRunner(group, handlers));
    for (const runner of this.runners) runner.start();
    callback();
  }

  /** Every consumer is a member of its group. */
  get ready(): boolean {
    return this.runners.every((runner) => runner.ready);
  }

  async close(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop()));
    this.runners = [];
  }

  on(): void {
    throw new Error('the Heed transport has no events to listen to');
  }

  unwrap<T>(): T {
    return this.runners as T;
  }

  private makeRunner(group: string, handlers: { consumption: Consumption; handler: MessageHandler }[]): BatchRunner {
    const { options } = this;
    const groupId = `${options.topicPrefix}heed.${options.service}.${group}`;
    // A fact goes to the internal topic and to platform teams: services read the first alone, or a person's events would
    // reach them twice and out of order.
    const patterns = [...new Set(handlers.flatMap(({ consumption }) => consumption.definition.topics.slice(0, 1)))];
    const strict = options.strict?.[group];
    const consumer = new EventConsumer({
      consumer: `${options.service}.${group}`,
      topicPrefix: options.topicPrefix,
      database: options.database,
      unitOfWork: options.unitOfWork,
      ...(strict ? { knownTypes: strict } : {}),
      ...(options.seal ? { seal: options.seal } : {}),
      handlers: new Map(
        handlers.map(({ consumption, handler }) => [
          consumption.definition.type,
          {
            definition: consumption.definition,
            handle: async (batch) => {
              await this.lastOf(this.transformToObservable(await handler(batch)));
            },
          },
        ]),
      ),
    });
    return new BatchRunner({
      kafka: options.kafka,
      groupId,
      logger: options.logger,
      handle: (records) => consumer.handle(records),
      topics: async () => {
        const tenants = patterns.some((p) => p.includes('{tenant}')) ? await options.database.listTenants() : [];
        return patterns.flatMap((pattern) =>
          (pattern.includes('{tenant}') ? tenants.map((t) => t.id) : [undefined]).map(
            (tenant) => options.topicPrefix + fillTopic(pattern, { tenant, owner: options.owner }),
          ),
        );
      },
    });
  }

  private async lastOf(result: Observable<unknown>): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      result.subscribe({ complete: resolve, error: reject });
    });
  }
}
