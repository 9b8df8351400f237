import type { Kafka } from 'kafkajs';
import { HeedError } from '../errors.js';
import type { ApiClient } from '../http/api-client.js';
import type { ConsentView } from './consent-view.js';
import { Ending } from './ending.js';
import type { StateKeyAnswer } from './records.js';
import { StateConsumer } from './state-consumer.js';

/** Between looks whether the key is still the one that counts. */
const LOOK_MS = 500;
const SOON_MS = 1000;
/** Where trying again at once helps nobody: no token is accepted, say. */
const LATER_MS = 15_000;

export interface StateFeedOptions {
  readonly api: ApiClient;
  readonly view: ConsentView;
  /** Without it only the key and the policy are had. */
  readonly kafka: Kafka | undefined;
  readonly topicPrefix: string;
  readonly onTrouble: (error: unknown) => void;
}

/** Has the key of the topic, reads the topic, and asks for the key again when it changes. Tries until it is closed. */
export class StateFeed {
  lastTrouble: unknown;
  tenantNow: string | undefined;
  private consumer: StateConsumer | undefined;
  private running: Promise<void> | undefined;
  private readonly ending = new Ending();
  private asking: Promise<StateKeyAnswer> | undefined;

  constructor(private readonly options: StateFeedOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  /** Whose platform this is: the token says so, and the service reads it out. */
  async tenant(): Promise<string> {
    return this.tenantNow ?? (await this.askKey()).tenant;
  }

  /** A place in the topic is gone. */
  lostPlace(): void {
    this.consumer?.beginAgain();
  }

  async close(): Promise<void> {
    this.ending.end();
    await this.running;
    await this.consumer?.close();
  }

  private async run(): Promise<void> {
    let wanted = true;
    while (!this.ending.ended) {
      let wait = LOOK_MS;
      if (wanted || this.options.view.freshness.keyIsOld) {
        try {
          this.read(await this.askKey());
          wanted = false;
        } catch (error) {
          this.trouble(error);
          wait = error instanceof HeedError && !error.retriable ? LATER_MS : SOON_MS;
        }
      }
      await this.ending.pause(wait);
    }
  }

  private askKey(): Promise<StateKeyAnswer> {
    this.asking ??= this.options.api
      .get<StateKeyAnswer>('/v1/consents/state-key')
      .then((answer) => {
        this.tenantNow = answer.tenant;
        return answer;
      })
      .finally(() => (this.asking = undefined));
    return this.asking;
  }

  private read(answer: StateKeyAnswer): void {
    const { view, kafka, topicPrefix } = this.options;
    view.use(answer);
    if (!kafka || this.consumer) return;
    this.consumer = new StateConsumer({
      kafka, topic: topicPrefix + answer.topic, groupPrefix: `${answer.tenant}.`,
      take: (record) => view.take(record),
      onEnd: () => view.freshness.reachEnd(),
      onBeginAgain: () => view.beginAgain(),
      onTrouble: (error) => this.trouble(error),
    });
    this.consumer.start();
  }

  private trouble(error: unknown): void {
    this.lastTrouble = error;
    this.options.onTrouble(error);
  }
}
