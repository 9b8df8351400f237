import { erasureCompleted, requestClosed } from '@heed/contracts-dsar';
import type { OkpKey } from '@heed/crypto';
import { canonicalJson, FieldVault } from '@heed/crypto';
import { newestStores } from '@heed/fanout';
import type { SettledDispatch } from '@heed/fanout';
import { newEvent, uuidv7 } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { createHash } from 'node:crypto';
import { mailWanted } from '../case/app/request-mail.js';
import { appendTimeline, lockRequests } from '../case/adapters/request.store.js';
import type { RequestRow } from '../case/adapters/request.store.js';
import { after, isOver } from '../case/domain/request-state.js';
import { SOURCE } from '../source.js';
import { statusUrl } from '../status-page/status-token.js';
import { signCertificate, storeOutcome, totalsOf } from './certificate.js';
import type { ErasureCertificate, SignedCertificate } from './certificate.js';
import { foundNothing } from './outcome-words.js';

interface Issued {
  readonly request: RequestRow;
  readonly signed: SignedCertificate;
  /** The case was closed before: a store was erased once more, or came to the map later. */
  readonly again: boolean;
}

/** Closes cases whose every store has answered: certificate, event and mail, in the transaction of the last answer. */
export class CloseRequests {
  constructor(
    private readonly deps: {
      readonly policies: PolicyStore;
      readonly outbox: Outbox;
      readonly vault: FieldVault;
      readonly signingKey: OkpKey;
      readonly origin: string;
    },
  ) {}

  async settled(tx: Tx, dispatches: readonly SettledDispatch[]): Promise<void> {
    const byRequest = Map.groupBy(dispatches, (dispatch) => dispatch.cause['id'] ?? '');
    const requests = await lockRequests(tx, [...byRequest.keys()]);
    const { pack } = await this.deps.policies.current(tx);
    const keys = new Map((await newestStores(tx)).map((store) => [store.id, store.agent.signingKey]));
    const tenant = { id: tx.tenant, name: pack.tenant.name, controller: pack.tenant.controller.value };
    const now = tx.clock.now();
    const issued = requests.flatMap((request): Issued[] => {
      const own = byRequest.get(request.id) ?? [];
      if (!request.ref) return [];
      const outcomes = own.map((dispatch) => ({
        id: dispatch.id,
        closedAt: dispatch.closedAt.toISOString(),
        stores: dispatch.targets.map((target) => storeOutcome(target, keys.get(target.dataStore))),
      }));
      const certificate = certificateOf(request, request.ref, tenant, outcomes, now);
      return [{ request, signed: signCertificate(certificate, this.deps.signingKey), again: isOver(request.state) }];
    });
    await this.save(tx, issued);
    this.deps.outbox.append(issued.filter((one) => !one.again).flatMap((one) => this.told(tx, one)), tx);
    for (const { request, signed } of issued) {
      const sha256 = createHash('sha256').update(canonicalJson(signed.certificate)).digest('hex');
      tx.record({ kind: 'certificate.issued', ...(request.ref ? { ref: request.ref } : {}), data: { requestId: request.id, certificateId: signed.certificate.id, sha256 } });
    }
  }

  private async save(tx: Tx, issued: readonly Issued[]): Promise<void> {
    const now = tx.clock.now();
    const rows = issued.map(({ request, signed, again }) => ({
      id: request.id,
      state: again ? request.state : after(request.state, 'settle'),
      certificate_id: signed.certificate.id,
      document: signed,
    }));
    await tx.query(
      `WITH c AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS c(id uuid, state text, certificate_id uuid, document jsonb)),
       kept AS (INSERT INTO certificate (id, request_id, issued_at, document) SELECT certificate_id, id, $2, document FROM c RETURNING request_id)
       UPDATE request r SET state = c.state, certificate_id = c.certificate_id, closed_at = coalesce(r.closed_at, $2), message = NULL
         FROM c JOIN kept ON kept.request_id = c.id WHERE r.id = c.id`,
      [JSON.stringify(rows), now],
    );
    await appendTimeline(
      tx,
      issued.map(({ request, signed, again }) => ({
        requestId: request.id,
        kind: again ? 'certificate_renewed' : 'closed',
        actor: 'heed',
        data: { certificateId: signed.certificate.id },
      })),
    );
  }

  private told(tx: Tx, { request, signed }: Issued): readonly NewEvent<unknown>[] {
    const { id, type, aliases, received_at: receivedAt } = request;
    const { ref } = signed.certificate.request;
    const from = { source: SOURCE, tenant: tx.tenant, key: ref, clock: tx.clock, cause: tx.cause };
    const result = foundNothing(signed.certificate) ? 'nothing_found' : 'done';
    const url = statusUrl(this.deps.origin, this.deps.vault.open(tx.tenant, id, 'status-token', request.status_token));
    return [
      newEvent(requestClosed, {
        ...from,
        data: { requestId: id, type, ref, result: 'completed', certificateId: signed.certificate.id, closedAt: signed.certificate.issuedAt },
      }),
      ...(type === 'erase'
        ? [newEvent(erasureCompleted, { ...from, data: { requestId: id, ref, aliases: [...aliases], asOf: receivedAt.toISOString(), closedAt: signed.certificate.issuedAt } })]
        : []),
      mailWanted(tx, { requestId: id, ref, template: 'request_closed', params: { type, result, certificateId: signed.certificate.id, statusUrl: url } }),
    ];
  }
}

function certificateOf(
  request: RequestRow,
  ref: string,
  tenant: ErasureCertificate['tenant'],
  dispatches: ErasureCertificate['dispatches'],
  now: Date,
): ErasureCertificate {
  const iso = (at: Date | null): string | null => at?.toISOString() ?? null;
  const { id, type, aliases, jurisdiction, channel } = request;
  return {
    schema: 'heed.dev/certificate/erasure/v1',
    id: uuidv7(now),
    tenant,
    request: { id, type, ref, aliases, jurisdiction, channel, receivedAt: request.received_at.toISOString() },
    clocks: {
      acknowledgeBy: iso(request.acknowledge_by),
      acknowledgedAt: iso(request.acknowledged_at),
      due: request.due.toISOString(),
      extensions: request.extensions,
      sources: { acknowledgeBy: request.acknowledge_source, due: request.due_source },
    },
    policyVersion: request.policy_version,
    verified: { at: iso(request.verified_at), by: request.verified_by, method: request.verification_method },
    approved: { at: iso(request.approved_at), by: request.approved_by },
    dispatches,
    totals: totalsOf(dispatches),
    issuedAt: now.toISOString(),
    supersedes: request.certificate_id,
  };
}
