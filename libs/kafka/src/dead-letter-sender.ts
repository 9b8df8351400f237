import type { InterruptiblePause } from '@heed/kernel';
import { consumed } from '@heed/observability';
import type { Logger } from '@heed/observability';
import { Publisher } from './client.js';
import type { Kafka } from './client.js';
import { deadLetterMessage } from './dead-letter.js';
import type { DeadLetter } from './dead-letter.js';

export interface DeadLetterSenderOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly logger: Logger;
  /** Ended when the runner stops. */
  readonly pause: InterruptiblePause;
}

const RETRY_MS = 500;

/** Takes poison aside. Returns only when Kafka has it: the offset is committed after that. */
export class DeadLetterSender {
  private readonly publisher: Publisher;
  private told = '';

  constructor(private readonly options: DeadLetterSenderOptions) {
    this.publisher = new Publisher(options.kafka);
  }

  /** Waits for the broker; returns unconnected when the runner stops meanwhile. */
  async connect(): Promise<void> {
    await this.retrying(() => this.publisher.connect());
  }

  /** False when the runner stopped before all were acknowledged; they are found again at the next start. */
  async bury(dead: readonly DeadLetter[]): Promise<boolean> {
    const { groupId, logger } = this.options;
    for (const letter of dead) {
      // One by one: together they may be larger than the broker takes in one batch.
      if (!(await this.retrying(() => this.publisher.publish([deadLetterMessage(letter, groupId)])))) return false;
      consumed.inc({ group: groupId, result: 'dead_lettered' });
      const { topic, partition, offset } = letter.record;
      logger.warn({ group: groupId, topic, partition, offset, code: letter.code, reason: letter.reason }, 'record dead-lettered');
    }
    return true;
  }

  async disconnect(): Promise<void> {
    await this.publisher.disconnect().catch(() => undefined);
  }

  private async retrying(work: () => Promise<void>): Promise<boolean> {
    while (!this.options.pause.ended) {
      try {
        await work();
        this.told = '';
        return true;
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'unknown';
        // Twice a second, for as long as it takes somebody to mend a password: once per reason is enough.
        if (reason !== this.told) this.options.logger.warn({ group: this.options.groupId, err: error }, 'Kafka does not take dead letters yet');
        this.told = reason;
        await this.options.pause.for(RETRY_MS);
      }
    }
    return false;
  }
}
