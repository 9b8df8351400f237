import { cloudEventHeaders, fillTopic, HeedError } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import type { PendingRow, Tx } from '@heed/persistence';

export const LANES = 8;
/** Below Kafka's 1 MiB record limit: a row that Kafka refuses would park its topic. */
const MAX_VALUE_BYTES = 900_000;

export interface OutboxOptions {
  /** Put before every topic name; empty outside tests. */
  readonly topicPrefix: string;
  /** Told after a commit that has something to publish. */
  readonly poke: () => void;
}

/** The one door from a transaction to Kafka. */
export class Outbox {
  constructor(private readonly options: OutboxOptions) {}

  /**
   * Saves events with the transaction; the relay publishes them after its commit.
   * @throws HeedError `event_too_large`
   * @example outbox.append([newEvent(consentWithdrawn, { … })], tx)
   */
  append(events: readonly NewEvent<unknown>[], tx: Tx): void {
    if (events.length === 0) return;
    const rows: PendingRow[] = [];
    for (const { event, topics } of events) {
      const value = JSON.stringify(event.data);
      if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
        throw new HeedError({ kind: 'too_large', code: 'event_too_large', detail: `An event of type ${event.type} is too large to publish.` });
      }
      const headers = cloudEventHeaders(event);
      for (const topic of topics) rows.push({ lane: laneOf(event.key), topic: this.options.topicPrefix + topic, key: event.key, headers, value });
    }
    tx.enqueue(rows);
    tx.afterCommit(this.options.poke);
  }

  /**
   * Takes keys off a compacted topic with the transaction: what was said under them is nobody's any more.
   * @param pattern as a definition has it, e.g. `heed.t.{tenant}.consent-state.v1`
   */
  bury(pattern: string, keys: readonly string[], tx: Tx): void {
    if (keys.length === 0) return;
    const topic = this.options.topicPrefix + fillTopic(pattern, { tenant: tx.tenant });
    tx.enqueue(keys.map((key) => ({ lane: laneOf(key), topic, key, headers: { ce_tenantid: tx.tenant }, value: null })));
    tx.afterCommit(this.options.poke);
  }
}

/** FNV-1a: the same key is always in the same lane. */
export function laneOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % LANES;
}
