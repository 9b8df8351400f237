import { kafkaSettings } from '@heed/config';
import type { ServiceEnvironment } from '@heed/config';
import { createKafka } from '@heed/kafka';
import type { Kafka } from '@heed/kafka';
import type { Logger } from '@heed/observability';

/** How a service reaches Kafka; why it cannot, where somebody has to mend it, is logged once and told by readiness. */
export class KafkaAccess {
  readonly client: Kafka;
  private trouble: string | undefined;

  constructor(environment: ServiceEnvironment, service: string, logger: Logger) {
    this.client = createKafka({
      ...kafkaSettings(environment, `heed-${service}`),
      onTrouble: (reason) => {
        this.trouble = reason;
        logger.warn({ reason }, 'Kafka cannot be used');
      },
    });
  }

  /** For readiness, while consumers are not members of their groups. */
  get missing(): string {
    return this.trouble === undefined ? 'kafka' : `kafka (${this.trouble})`;
  }
}
