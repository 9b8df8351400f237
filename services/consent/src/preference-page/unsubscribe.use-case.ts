import { uuidv7 } from '@heed/kernel';
import type { Cause } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { purposeOf } from '@heed/policy';
import type { PolicyPack, Purpose } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { presentStates } from '../consent-record/consent-record.store.js';
import { isOff } from '../consent-record/decision.js';
import { DecisionQueue } from '../consent-record/decision-queue.js';
import type { Link } from '../link/link.store.js';
import { withLink } from '../link/opened-link.js';
import type { UnsubscribeView } from './page/unsubscribe-page.js';
import { writerOf } from './read-preferences.js';

export interface Unsubscribing {
  readonly tenant: string;
  readonly pack: PolicyPack;
  readonly link: Link;
  readonly view: UnsubscribeView;
  readonly purposes: readonly Purpose[];
}

/** What the unsubscribe link of a mail does: ends marketing, as widely as the policy says (AJU-22). */
export class Unsubscribe {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: PolicyStore,
    private readonly queue: DecisionQueue,
  ) {}

  /** What one click would do. Changes nothing. */
  async look(token: string): Promise<Unsubscribing | undefined> {
    return withLink(this.unitOfWork, token, (tx, link) => this.of(tx, link));
  }

  /** Once or ten times, by a person or by their mail program: one withdrawal in effect, and the same answer. */
  async act(token: string, cause: Cause): Promise<Unsubscribing | undefined> {
    const found = await this.look(token);
    if (!found || found.purposes.length === 0) return found;
    await this.queue.record(
      found.tenant,
      {
        id: uuidv7(), subject: { ref: found.link.ref }, channel: 'unsubscribe_link', actor: 'person', cause, onlyChanges: true,
        decisions: found.purposes.map(({ id }) => ({ purpose: id, decision: 'withdrawn' as const })),
      },
      undefined,
    );
    return { ...found, view: { ...found.view, off: true } };
  }

  /** What the link is for, and how it stands. */
  async of(tx: Tx, link: Link): Promise<Unsubscribing> {
    const { pack } = await this.policies.current(tx);
    const purposes = scopeOf(pack, link.purpose);
    const states = await presentStates(tx, [link.ref]);
    const isOver = ({ id }: Purpose): boolean => {
      const own = states.filter(({ purpose }) => purpose === id);
      // A yes to a branded domain after that no is not over: the button is shown, and ends it as well.
      return own.some(({ domain, state }) => domain === '' && isOff(state)) && own.every(({ state }) => state !== 'given');
    };
    return {
      tenant: tx.tenant, pack, link, purposes,
      view: { ...writerOf(pack), titles: purposes.map((purpose) => purpose.title), off: purposes.length > 0 && purposes.every(isOver) },
    };
  }
}

/** What somebody can say no to, and the policy calls marketing; the mail's own purpose in any case. */
export function scopeOf(pack: PolicyPack, purpose: string | null): readonly Purpose[] {
  const own = purpose === null ? undefined : purposeOf(pack, purpose);
  if (own && pack.messages.marketing.unsubscribeScope.value === 'purpose') return [own].filter(canEnd);
  return pack.purposes.filter((one) => (one.marketing || one === own) && canEnd(one));
}

const canEnd = (purpose: Purpose): boolean => Object.values(purpose.bases).some(({ basis }) => basis === 'consent' || basis === 'legitimate_interest');
