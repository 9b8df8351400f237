import { kafkaSettings, strictest } from '@heed/config';
import type { KafkaSettings, ServiceEnvironment, TlsFloor } from '@heed/config';
import { createKafka } from '@heed/kafka';
import type { Kafka } from '@heed/kafka';
import type { Logger } from '@heed/observability';

/** How a service reaches Kafka; why it cannot, where somebody has to mend it, is logged once and told by readiness. */
export class KafkaAccess {
  readonly client: Kafka;
  private trouble: string | undefined;

  /** @param floor of the service's connections: Kafka's rises with it */
  constructor(environment: ServiceEnvironment, service: string, logger: Logger, floor: TlsFloor) {
    const settings = kafkaSettings(environment, `heed-${service}`);
    this.client = createKafka({
      ...settings,
      ...(settings.tls ? { tls: notBelow(floor, settings.tls) } : {}),
      onTrouble: (reason) => {
        if (reason !== this.trouble) logger.warn({ reason }, 'Kafka cannot be used');
        this.trouble = reason;
      },
    });
  }

  /** Why Kafka cannot be used, where that is known: for readiness, while something else keeps the consumers from joining. */
  get troubles(): readonly string[] {
    return this.trouble === undefined ? [] : [`kafka (${this.trouble})`];
  }

  /** For readiness. @param joined every consumer is a member of its group */
  missing(joined: boolean): readonly string[] {
    if (!joined) return this.trouble === undefined ? ['kafka'] : this.troubles;
    this.trouble = undefined;
    return [];
  }
}

/** Settings whose minimum rises with the floor. */
export function notBelow(floor: TlsFloor, tls: NonNullable<KafkaSettings['tls']>): NonNullable<KafkaSettings['tls']> {
  return {
    ...tls,
    get minVersion() {
      return strictest(tls.minVersion, floor.current);
    },
  };
}
