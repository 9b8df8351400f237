import { assertStrongEnough } from '@heed/auth';
import type { StepUp } from '@heed/auth';
import { requestClosed } from '@heed/contracts-dsar';
import { Fanout, settledDispatches } from '@heed/fanout';
import { conflict, DISPATCH_PREFIX, failpoint, newEvent, refused, unavailable, uuidv7 } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { addDuration, calendarOf } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { CloseRequests } from '../../certificate/close-requests.use-case.js';
import { remindOfDeadlines } from '../../deadline/missed-deadlines.job.js';
import { forgetClosed } from '../../erasure/forgotten-people.js';
import { SOURCE } from '../../source.js';
import { statusUrl } from '../../status-page/status-url.js';
import { CaseVault } from '../adapters/case-vault.js';
import { appendTimeline, findRequest, raiseVersion } from '../adapters/request.store.js';
import type { RequestRow } from '../adapters/request.store.js';
import { extendedDue } from '../domain/extension.js';
import { after } from '../domain/request-state.js';
import { mailWanted } from './request-mail.js';

export type Verification =
  | { readonly method: 'operator_attested'; readonly note: string }
  | { readonly method: 'code'; readonly code: string };

/** Who does a privileged act, and how they proved to be there. */
export interface Officer {
  readonly actor: string;
  readonly stepUp?: StepUp | undefined;
}

/** What a case worker does to a case. Every act is a person's; each method is one transaction's work. */
export class WorkRequest {
  constructor(
    private readonly deps: {
      readonly policies: PolicyStore;
      readonly fanout: Fanout;
      readonly outbox: Outbox;
      readonly vault: CaseVault;
      readonly closing: CloseRequests;
      readonly origin: string;
    },
  ) {}

  /** Somebody stands for who the person is. @throws HeedError `verification_method_not_offered`, `state_conflict` */
  async verify(tx: Tx, id: string, actor: string, by: Verification): Promise<void> {
    if (by.method === 'code') {
      throw refused('verification_method_not_offered', 'No codes are mailed yet; verify with method operator_attested and a note.');
    }
    const request = await findRequest(tx, id, 'FOR UPDATE');
    await tx.query('UPDATE request SET state = $2, verified_at = $3, verified_by = $4, verification_method = $5 WHERE id = $1', [
      id,
      after(request.state, 'verify'),
      tx.clock.now(),
      actor,
      by.method,
    ]);
    await this.note(tx, request, 'verified', actor, by.note, { method: by.method });
  }

  /**
   * Lets the erasure out, where the officer has proven to be there as the policy asks (AJU-49).
   * @throws HeedError `state_conflict`, `person_not_found_yet`, `data_map_not_ready`, `step_up_too_weak`
   */
  async approve(tx: Tx, id: string, officer: Officer, note: string | undefined): Promise<void> {
    const { actor, stepUp } = officer;
    const request = await findRequest(tx, id, 'FOR UPDATE');
    const state = after(request.state, 'approve');
    if (request.asks_about.length > 0) {
      throw conflict('person_unconfirmed', 'Who this person is has changed since the request came: say first whom it is about (confirm-person).');
    }
    const ref = knownRef(request);
    const now = tx.clock.now();
    const { pack } = await this.deps.policies.current(tx);
    assertStrongEnough(stepUp, pack.security.privilegedMfa);
    const [opened] = await this.deps.fanout.open(tx, [
      {
        id: `${DISPATCH_PREFIX.dsar}_${uuidv7(now)}`,
        kind: 'erasure',
        ref,
        aliases: request.aliases,
        version: await raiseVersion(tx, ref),
        cause: { type: 'request', id },
        // The person asked about what there was when they asked: who comes back by a new act after that is kept.
        body: { asOf: request.received_at.toISOString() },
        dueAt: addDuration(now, pack.operations.acknowledgementDue.value, calendarOf(pack)),
      },
    ]);
    if (!opened) throw new Error('unreachable: one dispatch was asked for');
    await tx.query(
      'UPDATE request SET state = $2, approved_at = $3, approved_by = $4, dispatch_ids = dispatch_ids || $5::text WHERE id = $1',
      [id, state, now, actor, opened.id],
    );
    await this.note(tx, request, 'approved', actor, note, {
      dispatchId: opened.id, stores: opened.targets.length, stepUp: { id: stepUp.id, method: stepUp.method },
    });
    if (opened.state === 'done') await this.deps.closing.settled(tx, await settledDispatches(tx, [opened.id]));
    failpoint('dsar.approve.before-commit');
  }

  /** Says no, with the reason; where nobody can be found behind the case, there is nobody to tell. */
  async refuse(tx: Tx, id: string, actor: string, reason: string): Promise<void> {
    const request = await findRequest(tx, id, 'FOR UPDATE');
    const now = tx.clock.now();
    const state = after(request.state, 'refuse');
    const [unresolved] = await tx.query<{ unusable: boolean }>('DELETE FROM unresolved_person WHERE request_id = $1 RETURNING unusable', [id]);
    if (unresolved && !unresolved.unusable) knownRef(request); // may still be found, and then is told
    await tx.query('UPDATE request SET state = $2, closed_at = $3, message = NULL WHERE id = $1', [id, state, now]);
    await this.note(tx, request, 'refused', actor, reason, {});
    await forgetClosed(tx, this.deps.vault, [id]);
    if (!request.ref) return;
    const { type, ref } = request;
    this.deps.outbox.append(
      [
        newEvent(requestClosed, {
          source: SOURCE,
          tenant: tx.tenant,
          key: ref,
          data: { requestId: id, type, ref, result: 'refused', certificateId: null, closedAt: now.toISOString() },
          clock: tx.clock,
          cause: tx.cause,
        }),
        mailWanted(tx, { requestId: id, ref, template: 'request_refused', params: { type, reason, ...(await this.page(tx, request)) } }),
      ],
      tx,
    );
  }

  /** More time, told to the person with the reason in the same transaction (AJU-41). */
  async extend(tx: Tx, id: string, actor: string, reason: string): Promise<void> {
    const request = await findRequest(tx, id, 'FOR UPDATE');
    const { pack } = await this.deps.policies.version(tx, request.policy_version);
    const state = after(request.state, 'extend');
    const extended = extendedDue(pack, { ...request, receivedAt: request.received_at }, reason, tx.clock.now());
    const ref = knownRef(request);
    await tx.query('UPDATE request SET state = $2, due = $3, due_source = $4, extensions = extensions + 1 WHERE id = $1', [
      id,
      state,
      extended.due,
      extended.source,
    ]);
    await remindOfDeadlines(tx, [extended.due]);
    await this.note(tx, request, 'extended', actor, reason, { from: request.due, due: extended.due, source: extended.source });
    const params = { type: request.type, reason, due: extended.due.toISOString(), ...(await this.page(tx, request)) };
    this.deps.outbox.append([mailWanted(tx, { requestId: id, ref, template: 'request_extended', params })], tx);
  }

  /** By hand, where nothing is open any more. @throws HeedError `request_open` naming what is */
  async close(tx: Tx, id: string, actor: string, note: string | undefined): Promise<void> {
    const request = await findRequest(tx, id, 'FOR UPDATE');
    after(request.state, 'settle');
    const open = await tx.query<{ id: string }>(`SELECT id FROM dispatch WHERE id = ANY($1) AND state NOT IN ('done', 'cancelled')`, [request.dispatch_ids]);
    if (open.length > 0 || request.dispatch_ids.length === 0) {
      throw conflict('request_open', `Stores have still to answer: ${open.map((d) => d.id).join(', ') || 'nothing was sent yet'}.`);
    }
    await this.note(tx, request, 'closed_by_hand', actor, note, {});
    await this.deps.closing.settled(tx, await settledDispatches(tx, request.dispatch_ids));
  }

  private async page(tx: Tx, request: RequestRow): Promise<{ statusUrl: string }> {
    return { statusUrl: statusUrl(this.deps.origin, await this.deps.vault.token(tx.tenant, request)) };
  }

  private async note(tx: Tx, request: RequestRow, kind: string, actor: string, note: string | undefined, data: Record<string, unknown>): Promise<void> {
    const sealed = note ? await this.deps.vault.note(tx, request, note) : undefined;
    await appendTimeline(tx, [{ requestId: request.id, kind, actor, data, note: sealed }]);
    tx.record({ kind: `request.${kind}`, ...(request.ref ? { ref: request.ref } : {}), data: { requestId: request.id, actor, ...data } });
  }
}

function knownRef(request: RequestRow): string {
  if (request.ref) return request.ref;
  throw unavailable('person_not_found_yet', 'Consent has not said yet who this person is; try again in a moment.');
}
