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
        if (reason !== this.trouble) logger.warn({ reason }, 'Kafka cannot be used');
        this.trouble = reason;
      },
    });
  }

  /** For readiness. @param joined every consumer is a member of its group */
  missing(joined: boolean): readonly string[] {
    if (!joined) return [this.trouble === undefined ? 'kafka' : `kafka (${this.trouble})`];
    this.trouble = undefined;
    return [];
  }
}
