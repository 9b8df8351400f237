import { InterruptiblePause } from '@heed/kernel';
import type { Logger } from '@heed/observability';
import { BatchHandler } from './batch-handler.js';
import type { Kafka } from './client.js';
import type { DeadLetter, IncomingRecord } from './dead-letter.js';
import { DeadLetterSender } from './dead-letter-sender.js';
import { GroupMember } from './group-member.js';
import { readableTopics } from './readable-topics.js';

export interface BatchRunnerOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  /** Asked again every two seconds, so that new tenants are followed without a restart. */
  readonly topics: () => Promise<readonly string[]>;
  /**
   * Does the work and names what can never be done. A throw is transient: the same records come again after a pause, in
   * which the group's other partitions go on. Called for several partitions at once, never twice for one.
   */
  readonly handle: (records: readonly IncomingRecord[]) => Promise<readonly DeadLetter[]>;
  readonly logger: Logger;
  readonly maxBatch?: number;
  readonly topicsEveryMs?: number;
}

const RETRY_MS = 500;
/** How often a topic that was missing is looked for. */
const LOOK_AGAIN_MS = 5000;

/**
 * Reads topics in batches, each partition in order, at least once: records are handled, what is poison goes to
 * `<topic>.dlq`, and only then is the offset committed. Survives the broker's absence, at boot too.
 */
export class BatchRunner {
  private readonly pause = new InterruptiblePause();
  private readonly deadLetters: DeadLetterSender;
  private member: GroupMember | undefined;
  /** Wanted, and not there when the member joined. */
  private absent: readonly string[] = [];
  private lookedAt = 0;
  private supervision: Promise<void> | undefined;

  constructor(private readonly options: BatchRunnerOptions) {
    const { kafka, groupId, logger } = options;
    this.deadLetters = new DeadLetterSender({ kafka, groupId, logger, pause: this.pause });
  }

  /** True once the consumer is a member of its group. */
  get ready(): boolean {
    return this.member?.joined ?? false;
  }

  start(): void {
    this.supervision ??= this.supervise();
  }

  /** Drains: the slice at hand is finished and committed, then the group is left. */
  async stop(): Promise<void> {
    this.pause.end();
    await this.supervision;
    await this.deadLetters.disconnect();
  }

  private async supervise(): Promise<void> {
    await this.deadLetters.connect();
    let told = '';
    while (!this.pause.ended) {
      let wait = this.options.topicsEveryMs ?? 2000;
      try {
        await this.follow(await this.options.topics());
        told = '';
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'unknown';
        if (reason !== told) this.options.logger.warn({ group: this.options.groupId, err: error }, 'consumer cannot start yet');
        told = reason;
        wait = RETRY_MS;
      }
      await this.pause.untilPoked(wait);
    }
    await this.leave();
  }

  /** A member follows the topics it joined with; other topics, or trouble, take a new one. */
  private async follow(topics: readonly string[]): Promise<void> {
    const { groupId, logger } = this.options;
    const trouble = this.member?.trouble;
    const followed = this.member?.topics ?? [];
    if (!trouble && sameNames(topics, [...followed, ...this.absent])) {
      if (this.absent.length === 0 || Date.now() - this.lookedAt < LOOK_AGAIN_MS) return;
    }
    const readable = await this.lookFor(topics);
    if (!trouble && sameNames(readable, followed)) return;
    if (trouble) logger.warn({ group: groupId, reason: trouble }, 'consumer is started again');
    await this.leave();
    if (readable.length === 0) return;
    this.member = this.newMember(readable);
    await this.member.join();
  }

  private async lookFor(topics: readonly string[]): Promise<readonly string[]> {
    const { kafka, groupId, logger } = this.options;
    const readable = await readableTopics(kafka, topics);
    const absent = topics.filter((topic) => !readable.includes(topic));
    if (absent.length > 0 && !sameNames(absent, this.absent)) logger.warn({ group: groupId, topics: absent }, 'topics are missing, or it has no right to them: the others are read');
    this.absent = absent;
    this.lookedAt = Date.now();
    return readable;
  }

  private newMember(topics: readonly string[]): GroupMember {
    const { kafka, groupId, handle, logger, maxBatch = 500 } = this.options;
    const handler = new BatchHandler({ groupId, handle, logger, maxBatch, deadLetters: this.deadLetters, pause: this.pause });
    return new GroupMember({ kafka, groupId, topics, handler, logger, onCrash: () => this.pause.poke() });
  }

  private async leave(): Promise<void> {
    const member = this.member;
    this.member = undefined;
    await member?.leave();
  }
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}
