import { requestOpened } from '@heed/contracts-dsar';
import type { RequestCall } from '@heed/contracts-ingress';
import type { KnownPerson } from '@heed/fanout';
import { hashOfPageToken, newPageToken } from '@heed/http';
import { newEvent } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import type { DataKey } from '@heed/key-store';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { requestClocks } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { remindOfDeadlines } from '../../deadline/missed-deadlines.job.js';
import { SOURCE } from '../../source.js';
import { CaseVault } from '../adapters/case-vault.js';
import { appendTimeline } from '../adapters/request.store.js';
import { checkType } from '../domain/intake.js';
import { Acknowledge } from './acknowledge.js';

/** A request as it reaches us, from whichever channel. */
export interface NewRequest {
  readonly id: string;
  /** The ingress event's own id; the same one opens one case. */
  readonly origin?: string | undefined;
  readonly body: RequestCall;
  readonly actor: string;
  readonly channel: string;
  readonly receivedAt: Date;
  /** Who it is; undefined while consent cannot be asked. */
  readonly person?: KnownPerson | undefined;
}

export interface OpenedRequest {
  readonly id: string;
  readonly state: 'awaiting_verification';
  readonly clocks: { readonly acknowledgeBy: Date | null; readonly due: Date };
  readonly dispatchIds: readonly string[];
}

/** Opens cases: stamped at arrival, with the deadlines of the policy and the law, whether or not consent is there. */
export class OpenRequests {
  constructor(
    private readonly policies: PolicyStore,
    private readonly vault: CaseVault,
    private readonly outbox: Outbox,
    private readonly acknowledge: Acknowledge,
  ) {}

  /**
   * In a few statements, whatever their number.
   * @throws HeedError `policy_not_ready`, `request_type_not_offered`, `request_type_not_served`
   */
  async open(tx: Tx, calls: readonly NewRequest[]): Promise<readonly OpenedRequest[]> {
    const { pack, version } = await this.policies.current(tx);
    for (const call of calls) checkType(pack, call.body.type);
    const { keys, tokens } = await this.vault.forNew(tx.tenant, calls.length);
    const cases = calls.map((call, i): Prepared => {
      const clocks = requestClocks({ pack, jurisdiction: call.body.jurisdiction, receivedAt: call.receivedAt });
      return { ...call, clocks, token: newPageToken(tx.tenant), key: keys[i]! };
    });
    const inserted = await this.insert(tx, version, cases, tokens);
    const fresh = cases.filter((one) => inserted.has(one.id));
    await remindOfDeadlines(tx, fresh.flatMap(({ clocks }) => [clocks.acknowledgeBy, clocks.due]));
    await this.keepUnresolved(tx, fresh.filter((one) => !one.person));
    await appendTimeline(
      tx,
      fresh.map((one) => ({ requestId: one.id, kind: 'opened', actor: one.actor, at: one.receivedAt, data: { type: one.body.type, channel: one.channel } })),
    );
    this.outbox.append(fresh.map((one) => opened(tx, one)), tx);
    for (const one of fresh) {
      tx.record({ kind: 'request.opened', ...(one.person ? { ref: one.person.ref } : {}), data: { requestId: one.id, type: one.body.type, due: one.clocks.due } });
    }
    await this.acknowledge.want(
      tx,
      fresh.flatMap((one) => (one.person ? [{ id: one.id, ref: one.person.ref, type: one.body.type, due: one.clocks.due, receivedAt: one.receivedAt, token: one.token }] : [])),
    );
    return cases.map(({ id, clocks }) => ({
      id,
      state: 'awaiting_verification',
      clocks: { acknowledgeBy: clocks.acknowledgeBy ?? null, due: clocks.due },
      dispatchIds: [],
    }));
  }

  private async insert(tx: Tx, policyVersion: number, cases: readonly Prepared[], tokens: DataKey): Promise<ReadonlySet<string>> {
    const rows = cases.map(({ id, origin, body, actor, channel, receivedAt, person, clocks, token, key }) => ({
      id, origin: origin ?? null, type: body.type, ref: person?.ref ?? null, aliases: person?.aliases ?? [], jurisdiction: body.jurisdiction ?? null,
      channel, opened_by: actor, received_at: receivedAt, acknowledge_by: clocks.acknowledgeBy ?? null,
      acknowledge_source: clocks.sources.acknowledgeBy ?? null, due: clocks.due, due_source: clocks.sources.due,
      message: body.message === undefined ? null : hex(this.vault.seal(key, id, 'message', body.message)),
      status_hash: hex(hashOfPageToken(token)), status_token: hex(this.vault.sealToken(tokens, id, token)), key_id: key.id,
    }));
    const inserted = await tx.query<{ id: string }>(
      `INSERT INTO request (id, type, state, origin, ref, aliases, jurisdiction, channel, opened_by, policy_version, message, received_at,
         acknowledge_by, acknowledge_source, due, due_source, status_hash, status_token, key_id)
       SELECT id, type, 'awaiting_verification', origin, ref, aliases, jurisdiction, channel, opened_by, $2, message, received_at,
         acknowledge_by, acknowledge_source, due, due_source, status_hash, status_token, key_id
         FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, type text, origin text, ref text, aliases text[], jurisdiction text, channel text,
           opened_by text, message bytea, received_at timestamptz, acknowledge_by timestamptz, acknowledge_source text, due timestamptz,
           due_source text, status_hash bytea, status_token bytea, key_id uuid)
       ON CONFLICT (origin) DO NOTHING RETURNING id`,
      [JSON.stringify(rows), policyVersion],
    );
    return new Set(inserted.map((row) => row.id));
  }

  private async keepUnresolved(tx: Tx, cases: readonly Prepared[]): Promise<void> {
    if (cases.length === 0) return;
    await tx.query('INSERT INTO unresolved_person (request_id, sealed) SELECT i, s FROM unnest($1::uuid[], $2::bytea[]) AS u(i, s)', [
      cases.map((one) => one.id),
      cases.map((one) => this.vault.seal(one.key, one.id, 'identifiers', JSON.stringify(one.body.subject.identifiers))),
    ]);
  }
}

type Prepared = NewRequest & { readonly clocks: ReturnType<typeof requestClocks>; readonly token: string; readonly key: DataKey };

/** A bytea as JSON carries it. */
const hex = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`;

function opened(tx: Tx, one: Prepared): NewEvent<unknown> {
  return newEvent(requestOpened, {
    source: SOURCE,
    tenant: tx.tenant,
    key: one.person?.ref ?? one.id,
    data: {
      requestId: one.id,
      type: one.body.type,
      ref: one.person?.ref ?? null,
      acknowledgeBy: one.clocks.acknowledgeBy?.toISOString() ?? null,
      due: one.clocks.due.toISOString(),
    },
    clock: tx.clock,
    cause: tx.cause,
  });
}
