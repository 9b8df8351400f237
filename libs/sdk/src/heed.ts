import { Kafka, logLevel } from 'kafkajs';
import type { KafkaConfig } from 'kafkajs';
import type { Decision, MayOptions } from './decision.js';
import { isUnknowing } from './decision.js';
import { HeedError, Stale } from './errors.js';
import { ApiClient } from './http/api-client.js';
import { tokensOf } from './http/tokens.js';
import type { Credentials } from './http/tokens.js';
import type { IngressEvent, Published } from './publish/events.js';
import { EventPublisher } from './publish/publisher.js';
import type { PublishOptions } from './publish/publisher.js';
import { ConsentView } from './state/consent-view.js';
import { StateFeed } from './state/state-feed.js';
import type { Subject } from './subject.js';

/** How old what was read may be before it counts no more. */
export const STALENESS_MS = 30_000;

export type HeedOptions = Credentials & {
  /** Heed's public address, e.g. `https://heed.example.com`. */
  readonly origin: string;
  /** Of Kafka; without them every answer and event goes by HTTP. */
  readonly brokers?: readonly string[];
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
  /** Default 30 000. */
  readonly stalenessMs?: number;
  /** People held in memory, some 330 bytes each; default 2 000 000. */
  readonly maxSubjects?: number;
  /** Identifiers whose keys are kept ready; default 200 000. */
  readonly maxKnownIdentifiers?: number;
  /** Of one HTTP call; default 5 000. */
  readonly timeoutMs?: number;
  /** Until an event is given up that Kafka does not take; default 15 000. */
  readonly publishDeadlineMs?: number;
  /** Where events come from, as `ce_source`; default `/sdk`. */
  readonly source?: string;
  /** Put before topic names, where an installation does. */
  readonly topicPrefix?: string;
  /** Told what keeps the SDK from reading, each time; it tries again by itself. */
  readonly onTrouble?: (error: unknown) => void;
  /** The clock and the network, for tests. */
  readonly now?: () => number;
  readonly elapsed?: () => number;
  readonly fetch?: typeof fetch;
};

export interface HeedStatus {
  readonly state: 'ready' | 'stale' | 'not_ready';
  readonly tenant: string | null;
  readonly asOf: string | null;
  /** Infinity before anything was read. */
  readonly ageMs: number;
  readonly people: number;
  /** More people are known than fit: of the others `may` says `not_in_memory`. */
  readonly truncated: boolean;
  readonly bytes: number;
}

/**
 * May this person's data be used for this purpose? Answered from memory, kept up to date over Kafka.
 * @example
 * const heed = Heed.connect({ origin, brokers, issuer, clientId, clientSecret });
 * if (heed.may({ identifiers: [{ type: 'email', value: email }] }, 'marketing_email').allowed) send(mail);
 */
export class Heed {
  private readonly view: ConsentView;
  private readonly api: ApiClient;
  private readonly feed: StateFeed;
  private readonly events: EventPublisher;

  private constructor(private readonly options: HeedOptions) {
    const send = options.fetch ?? fetch;
    this.api = new ApiClient({ origin: options.origin, tokens: tokensOf(options, send), fetch: send, timeoutMs: options.timeoutMs ?? 5000 });
    this.view = new ConsentView({
      now: options.now ?? Date.now, elapsed: options.elapsed ?? (() => performance.now()), stalenessMs: options.stalenessMs ?? STALENESS_MS,
      maxSubjects: options.maxSubjects ?? 2_000_000, maxKnownKeys: options.maxKnownIdentifiers ?? 200_000,
    });
    const trouble = options.onTrouble ?? (() => undefined);
    const prefix = options.topicPrefix ?? '';
    this.feed = new StateFeed({ api: this.api, view: this.view, topicPrefix: prefix, onTrouble: trouble, kafka: this.kafka((): void => this.feed.lostPlace()) });
    this.events = new EventPublisher({
      kafka: this.kafka(), api: this.api, source: options.source ?? '/sdk', deadlineMs: options.publishDeadlineMs ?? 15_000,
      topic: async () => `${prefix}heed.t.${await this.feed.tenant()}.ingress.v1`,
    });
  }

  /** Begins to read in the background and returns at once, whether or not anybody answers: until then the answer is no. */
  static connect(options: HeedOptions): Heed {
    const heed = new Heed(options);
    heed.feed.start();
    return heed;
  }

  /**
   * The answer, from memory.
   * @example heed.may({ ref }, 'analytics', { jurisdiction: 'IN' }).reason // 'no_decision'
   */
  may(subject: Subject, purpose: string, options?: MayOptions): Decision {
    return this.view.may(subject, purpose, options);
  }

  /**
   * The answer of the service, over HTTP.
   * @throws HeedError of some kind
   */
  async ask(subject: Subject, purpose: string, { jurisdiction, domain }: MayOptions = {}): Promise<Decision> {
    const body = { subject, purpose, ...(jurisdiction === undefined ? {} : { jurisdiction }), ...(domain === undefined ? {} : { domain: domain.toLowerCase() }) };
    const { recordId, ...answer } = await this.api.post<Omit<Decision, 'recordId' | 'asOf' | 'stale'> & { recordId: string | null }>('/v1/consents/check', body);
    return { ...answer, ...(recordId === null ? {} : { recordId }), asOf: new Date((this.options.now ?? Date.now)()).toISOString(), stale: false };
  }

  /** From memory where it can be known there, else from the service; no where nobody can be asked. Never throws. */
  async mayOrAsk(subject: Subject, purpose: string, options?: MayOptions): Promise<Decision> {
    const local = this.may(subject, purpose, options);
    if (local.allowed || !isUnknowing(local)) return local;
    return this.ask(subject, purpose, options).catch((error: unknown) => {
      this.options.onTrouble?.(error);
      return local;
    });
  }

  /** Whether a `Sec-GPC: 1` header is a no to this purpose: what profiles somebody, or counts them. */
  heedsGpc(purpose: string): boolean {
    return this.view.heedsGpc(purpose);
  }

  /**
   * Tells Heed what happened.
   * @throws Unavailable (publish it again under the same id), over HTTP also Refused with the promise, Malformed, Unauthenticated
   * @example await heed.publish({ type: 'consent_withdrawn', data: { subject, purposes: 'all' } })
   */
  publish(event: IngressEvent, options: PublishOptions = {}): Promise<Published> {
    return this.events.publish(event, options);
  }

  /** @throws Stale when it cannot answer by then */
  async ready({ timeoutMs = 30_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (this.view.freshness.problem()) {
      if (Date.now() > deadline) {
        const cause = this.feed.lastTrouble;
        if (cause instanceof HeedError && !cause.retriable) throw cause;
        throw new Stale('Nothing was read in time to answer from.', { code: this.view.freshness.problem() ?? 'not_ready', retriable: true, cause });
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  status(): HeedStatus {
    const { freshness, people } = this.view;
    return {
      state: freshness.problem() ?? 'ready', tenant: this.feed.tenantNow ?? null, asOf: freshness.asOf, ageMs: freshness.ageMs, people: people.size,
      truncated: people.truncated, bytes: people.bytes,
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.feed.close(), this.events.close()]);
  }

  private kafka(onLostPlace?: () => void): Kafka | undefined {
    const { brokers, ssl, sasl } = this.options;
    if (!brokers || brokers.length === 0) return undefined;
    return new Kafka({
      brokers: [...brokers], clientId: 'heed-sdk', ...(ssl === undefined ? {} : { ssl }), ...(sasl === undefined ? {} : { sasl }),
      connectionTimeout: 3000, requestTimeout: 10_000,
      // A connection is given up after some seconds and begun anew by whoever needs it: kafkajs could not be told to end trying.
      retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 6 },
      logLevel: logLevel.ERROR,
      // That a place in the topic is gone kafkajs tells its log alone.
      logCreator: () => ({ log }) => (log.message.startsWith('Offset out of range, resetting') ? onLostPlace?.() : undefined),
    });
  }
}
