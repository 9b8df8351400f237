import { foundNothing, outcomeOf } from '@heed/certificate';
import type { ErasureCertificate } from '@heed/certificate';
import { CertificateRegister } from '@heed/certificate-register';
import { erasureCompleted, requestClosed } from '@heed/contracts-dsar';
import { signingKeys } from '@heed/fanout';
import type { SettledDispatch } from '@heed/fanout';
import { newEvent } from '@heed/kernel';
import type { NewEvent } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { mailWanted } from '../case/app/request-mail.js';
import { CaseVault } from '../case/adapters/case-vault.js';
import { appendTimeline, lockRequests } from '../case/adapters/request.store.js';
import type { RequestRow } from '../case/adapters/request.store.js';
import { after, isOver } from '../case/domain/request-state.js';
import { forgetClosed } from '../erasure/forgotten-people.js';
import { SOURCE } from '../source.js';
import { statusUrl } from '../status-page/status-url.js';
import { certificateOf } from './certificate.js';
import { actsOf } from './certified-acts.js';

export interface Certified {
  readonly request: RequestRow;
  readonly certificate: ErasureCertificate;
  /** The case was closed before: a store was erased once more or came to the map later, or the identifiers are gone now. */
  readonly again: boolean;
}

/** Closes cases whose every store has answered: certificate, event and mail, in the transaction of the last answer. */
export class CloseRequests {
  constructor(
    private readonly deps: {
      readonly policies: PolicyStore;
      readonly outbox: Outbox;
      readonly vault: CaseVault;
      readonly register: CertificateRegister;
      readonly origin: string;
    },
  ) {}

  async settled(tx: Tx, dispatches: readonly SettledDispatch[]): Promise<void> {
    const byRequest = Map.groupBy(dispatches, (dispatch) => dispatch.cause['id'] ?? '');
    const requests = await lockRequests(tx, [...byRequest.keys()]);
    const { pack } = await this.deps.policies.current(tx);
    const answers = dispatches.flatMap(({ targets }) => targets.flatMap(({ evidence }) => evidence ?? []));
    const keys = await signingKeys(tx, answers);
    const tenant = { id: tx.tenant, name: pack.tenant.name, controller: pack.tenant.controller.value };
    const now = tx.clock.now();
    const certified: Certified[] = [];
    for (const request of requests) {
      if (!request.ref) continue;
      const outcomes = (byRequest.get(request.id) ?? []).map((dispatch) => ({
        id: dispatch.id,
        closedAt: dispatch.closedAt.toISOString(),
        stores: dispatch.targets.map((target) => outcomeOf(target, keys.get(target.evidence?.proof.kid ?? ''))),
      }));
      const identity = request.certificate_id ? ((await this.newest(tx, request.id))?.identity ?? null) : null;
      certified.push({ request, certificate: certificateOf(request, request.ref, { tenant, dispatches: outcomes, identity }, now), again: isOver(request.state) });
    }
    await this.certify(tx, certified);
    const closed = certified.filter((one) => !one.again);
    const tokens = await this.deps.vault.tokens(tx.tenant, closed.map((one) => one.request));
    this.deps.outbox.append(closed.flatMap((one) => this.told(tx, one, tokens.get(one.request.id) ?? '')), tx);
  }

  /** Issues certificates and closes their cases, where they are not closed yet. */
  async certify(tx: Tx, certified: readonly Certified[]): Promise<void> {
    const acts = await actsOf(tx, certified.map((one) => one.request));
    await this.deps.register.issue(
      tx,
      certified.map(({ request, certificate }) => ({
        certificate, about: request.id, data: { requestId: request.id }, ref: certificate.request.ref, acts: acts.get(request.id) ?? [],
      })),
    );
    await this.save(tx, certified);
    await forgetClosed(tx, this.deps.vault, certified.map((one) => one.request.id));
  }

  async newest(tx: Tx, requestId: string): Promise<ErasureCertificate | undefined> {
    const certificate = await this.deps.register.newest(tx, 'erasure', requestId);
    return certificate?.schema === 'heed.dev/certificate/erasure/v1' ? certificate : undefined;
  }

  private async save(tx: Tx, certified: readonly Certified[]): Promise<void> {
    const rows = certified.map(({ request, certificate, again }) => ({
      id: request.id,
      state: again ? request.state : after(request.state, 'settle'),
      certificate_id: certificate.id,
    }));
    await tx.query(
      `UPDATE request r SET state = c.state, certificate_id = c.certificate_id, closed_at = coalesce(r.closed_at, $2), message = NULL
         FROM jsonb_to_recordset($1::jsonb) AS c(id uuid, state text, certificate_id uuid) WHERE r.id = c.id`,
      [JSON.stringify(rows), tx.clock.now()],
    );
    await appendTimeline(
      tx,
      certified.map(({ request, certificate, again }) => ({
        requestId: request.id,
        kind: again ? 'certificate_renewed' : 'closed',
        actor: 'heed',
        data: { certificateId: certificate.id },
      })),
    );
  }

  private told(tx: Tx, { request, certificate }: Certified, token: string): readonly NewEvent<unknown>[] {
    const { id, type, aliases, received_at: receivedAt } = request;
    const { ref } = certificate.request;
    const from = { source: SOURCE, tenant: tx.tenant, key: ref, clock: tx.clock, cause: tx.cause };
    const result = foundNothing(certificate) ? 'nothing_found' : 'done';
    const url = statusUrl(this.deps.origin, token);
    return [
      newEvent(requestClosed, {
        ...from,
        data: { requestId: id, type, ref, result: 'completed', certificateId: certificate.id, closedAt: certificate.issuedAt },
      }),
      ...(type === 'erase'
        ? [newEvent(erasureCompleted, { ...from, data: { requestId: id, ref, aliases: [...aliases], asOf: receivedAt.toISOString(), closedAt: certificate.issuedAt } })]
        : []),
      mailWanted(tx, { requestId: id, ref, template: 'request_closed', params: { type, result, certificateId: certificate.id, statusUrl: url } }),
    ];
  }
}
