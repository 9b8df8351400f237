import { acknowledged } from '@heed/contracts-fanout';
import type { AcknowledgementBody, Acknowledgement } from '@heed/contracts-fanout';
import { residueOf, rowsOf } from '@heed/connector-spi';
import type { StoreConnector, UnsentEntry } from '@heed/connector-spi';
import { signBody } from '@heed/crypto';
import type { OkpKey } from '@heed/crypto';
import type { OutgoingMessage } from '@heed/kafka';
import { cloudEventHeaders, failpoint, newEvent } from '@heed/kernel';
import type { Clock } from '@heed/kernel';
import { markSpan, SpanKind } from '@heed/observability';

export interface AcknowledgerOptions {
  readonly tenant: string;
  readonly store: string;
  readonly connector: StoreConnector;
  readonly signingKey: () => OkpKey;
  readonly source: string;
  readonly topicPrefix: string;
  readonly clock: Clock;
  /** Resolves when Kafka has them. */
  readonly publish: (messages: readonly OutgoingMessage[]) => Promise<void>;
}

const BATCH = 500;

/**
 * Sends what is finished and unsent: signed, kept, published, marked, in this order, so that a crash between two of
 * them sends the same answer again and never loses one.
 * @returns true when there may be more
 */
export function acknowledger(options: AcknowledgerOptions): () => Promise<boolean> {
  return async () => {
    const { connector } = options;
    const { entries, journalPosition } = await connector.unsent(BATCH);
    if (entries.length === 0) return false;
    const key = options.signingKey();
    const signed = entries.map((entry) => {
      // What was signed with a former key is signed again: it may not be believed any more.
      const kept = entry.acknowledgement !== null && kidOf(entry.acknowledgement) === key.kid ? entry.acknowledgement : undefined;
      return { entry, kept, dispatchId: entry.dispatchId, acknowledgement: kept ?? JSON.stringify(sign(entry, journalPosition, options, key)) };
    });
    await connector.keepAcknowledgements(signed.filter(({ kept }) => kept === undefined));
    await options.publish(signed.flatMap(({ entry, acknowledgement }) => messages(entry, JSON.parse(acknowledgement) as Acknowledgement, options)));
    failpoint('agent.after-publish');
    await connector.markAcknowledged(signed);
    return entries.length === BATCH;
  };
}

const kidOf = (acknowledgement: string): string => (JSON.parse(acknowledgement) as Acknowledgement).proof.kid;

function sign(entry: UnsentEntry, journalPosition: number, options: AcknowledgerOptions, key: OkpKey): Acknowledgement {
  const { settlement } = entry;
  const body: AcknowledgementBody = {
    tenant: options.tenant,
    dispatchId: entry.dispatchId,
    owner: entry.owner,
    dataStore: options.store,
    ref: entry.ref,
    version: entry.version,
    commandId: entry.commandId,
    outcome: settlement.outcome,
    assurance: settlement.assurance,
    rows: rowsOf(settlement.tables),
    residue: residueOf(settlement.tables),
    tables: settlement.tables.map((t) => ({ ...t, kept: [...t.kept] })),
    reason: settlement.reason,
    alreadyErased: settlement.alreadyErased ?? false,
    journalPosition,
    completedAt: entry.completedAt.toISOString(),
  };
  return { body, proof: signBody(body, key) };
}

function messages(entry: UnsentEntry, acknowledgement: Acknowledgement, options: AcknowledgerOptions): OutgoingMessage[] {
  const traceparent = markSpan('acknowledge', { kind: SpanKind.PRODUCER, traceparent: entry.cause.traceparent });
  const { event, topics } = newEvent(acknowledged, {
    source: options.source,
    tenant: options.tenant,
    key: `${options.tenant}/${options.store}`, // a store's answers stay in order, and arrive as batches of one tenant
    owner: entry.owner,
    data: acknowledgement,
    clock: options.clock,
    cause: { ...entry.cause, ...(traceparent ? { traceparent } : {}) },
  });
  const value = JSON.stringify(event.data);
  return topics.map((topic) => ({ topic: `${options.topicPrefix}${topic}`, key: event.key, value, headers: cloudEventHeaders(event) }));
}
