import { assertStrongEnough } from '@heed/auth';
import { Fanout } from '@heed/fanout';
import { conflict } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { CaseVault } from '../adapters/case-vault.js';
import { appendTimeline, findRequest } from '../adapters/request.store.js';
import { isOver } from '../domain/request-state.js';
import type { Officer } from './work-request.use-case.js';

/** Somebody's answer to the question whom an erasure is about, since consent found out more about who the person is. */
export class ConfirmPerson {
  constructor(private readonly deps: { readonly policies: PolicyStore; readonly fanout: Fanout; readonly vault: CaseVault }) {}

  /**
   * @param include whether the case is about the refs in question too
   * @throws HeedError `state_conflict`, `erasure_sent` where it has left and cannot be about more people, `step_up_too_weak`
   */
  async confirm(tx: Tx, id: string, officer: Officer, include: boolean, note: string | undefined): Promise<void> {
    const { actor, stepUp } = officer;
    const request = await findRequest(tx, id, 'FOR UPDATE');
    if (request.asks_about.length === 0 || isOver(request.state)) throw conflict('state_conflict', 'Nobody asks whom this request is about.');
    const { pack } = await this.deps.policies.current(tx);
    assertStrongEnough(stepUp, pack.security.privilegedMfa);
    const added = include ? request.asks_about.filter((ref) => !request.aliases.includes(ref)) : [];
    const left = include ? [] : request.asks_about;
    if (added.length > 0 && request.dispatch_ids.length > 0) {
      throw conflict('erasure_sent', 'The erasure was sent for whom it had been asked: say no here, and open a request of its own for the others.');
    }
    const aliases = [...request.aliases, ...added].filter((ref) => !left.includes(ref));
    await tx.query(`UPDATE request SET aliases = $2, asks_about = '{}' WHERE id = $1`, [id, aliases]);
    await this.deps.fanout.goOn(tx, request.dispatch_ids, left);
    const data = { refs: request.asks_about, included: include, stepUp: { id: stepUp.id, method: stepUp.method } };
    const sealed = note ? await this.deps.vault.note(tx, request, note) : undefined;
    await appendTimeline(tx, [{ requestId: id, kind: 'person_confirmed', actor, data, note: sealed }]);
    tx.record({ kind: 'request.person_confirmed', ...(request.ref ? { ref: request.ref } : {}), data: { requestId: id, actor, ...data } });
  }
}
