import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import { presentStates } from '../consent-record/consent-record.store.js';
import { isOpen } from '../consent-record/decision.js';
import type { DecisionCall } from '../consent-record/decision-call.js';
import { personIn } from '../subject/normalise.js';
import { SubjectStore } from '../subject/subject.store.js';
import type { SyncItem } from './sync.body.js';

/**
 * A yes that another system says has yet to happen. Its clock is wrong, and nobody knows by how much: the yes may be older
 * than any no that stands here, so that it counts as a tie with it, and ties go to the no.
 */
export class FutureYes {
  constructor(
    private readonly subjects: SubjectStore,
    private readonly policies: PolicyStore,
    private readonly now: () => Date,
  ) {}

  concerns(item: SyncItem): boolean {
    return item.decision === 'given' && Date.parse(item.occurredAt) > this.now().getTime();
  }

  /** The call with a time that can be believed. The person is locked: no no comes in between. */
  async settle(tx: Tx, call: DecisionCall): Promise<DecisionCall> {
    const [wanted] = call.decisions === 'withdraw_all' ? [] : call.decisions;
    if (!wanted || wanted.decision !== 'given' || call.occurredAt === undefined || Date.parse(call.occurredAt) <= tx.clock.now().getTime()) return call;
    const country = (await this.policies.current(tx)).pack.tenant.country?.value;
    const person = personIn(call.subject, country);
    const [found] = await this.subjects.find(tx, [person]);
    if (!found) return call;
    const refs = [found.ref, ...found.aliases];
    await tx.query('SELECT 1 FROM subject WHERE ref = ANY($1) ORDER BY ref FOR UPDATE', [refs]);
    const noes = (await presentStates(tx, refs)).filter((held) => held.purpose === wanted.purpose && held.domain === '' && held.state !== 'given' && !isOpen(held.state));
    const last = Math.max(...noes.map((held) => held.occurredAt.getTime()));
    return noes.length === 0 ? call : { ...call, occurredAt: new Date(last).toISOString(), detail: { ...call.detail, reportedAt: call.occurredAt } };
  }
}
