import { purposeId, refused, uuidv7 } from '@heed/kernel';
import type { Cause } from '@heed/kernel';
import { UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { PolicyStore } from '@heed/tenant-policy';
import type { PolicyPack } from '@heed/policy';
import { z } from 'zod';
import { presentStates } from '../consent-record/consent-record.store.js';
import type { DecisionCall, WantedDecision } from '../consent-record/decision-call.js';
import { DecisionQueue } from '../consent-record/decision-queue.js';
import type { Link } from '../link/link.store.js';
import { withLink } from '../link/opened-link.js';
import { nameOf } from './page/view.js';
import { noticeFor, placeOf } from './read-preferences.js';

/** One switch of the page. */
export const choiceForm = z.object({
  purpose: purposeId,
  choice: z.enum(['yes', 'no']),
  domain: z.string().min(1).max(253).optional(),
  notice: z.string().max(200).optional().describe('Which words the page showed.'),
});
export type ChoiceForm = z.output<typeof choiceForm>;

interface Found {
  readonly tenant: string;
  readonly pack: PolicyPack;
  readonly link: Link;
  readonly place: string | undefined;
  /** Branded domains on which they decided something. */
  readonly domains: ReadonlySet<string>;
}

/** What a person changes on their page. A repetition, by a double click or a reload, changes nothing more. */
export class ChoosePreferences {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: PolicyStore,
    private readonly queue: DecisionQueue,
  ) {}

  /**
   * @returns false where the token opens no preferences
   * @throws HeedError what the policy refuses
   */
  async choose(token: string, form: ChoiceForm, language: string, cause: Cause): Promise<boolean> {
    const found = await this.find(token);
    if (!found) return false;
    const { pack } = found;
    // The page shows no other: nobody fills the register with domains that they thought of.
    if (form.domain !== undefined && !found.domains.has(form.domain)) throw refused('domain_unknown', `Nothing was decided on ${form.domain}.`);
    const yes = form.choice === 'yes';
    const notice = yes ? noticeFor(pack, form.purpose, language) : undefined;
    // A new policy may have come while the person read: they would have agreed to words that they have not seen.
    if (yes && form.notice !== undefined && form.notice !== nameOf(notice)) throw refused('notice_changed', 'The words that you were shown have changed since; look at them again.');
    await this.record(found, cause, [{ purpose: form.purpose, decision: yes ? 'given' : 'withdrawn' }], {
      domain: form.domain,
      jurisdiction: found.place,
      notice: notice && { id: notice.id, version: notice.version, language: notice.language },
    });
    return true;
  }

  /** Takes back every consent, also those on branded domains: a no that names none counts on all of them. */
  async withdrawAll(token: string, cause: Cause): Promise<boolean> {
    const found = await this.find(token);
    if (!found) return false;
    await this.record(found, cause, 'withdraw_all', {});
    return true;
  }

  private async find(token: string): Promise<Found | undefined> {
    return withLink(this.unitOfWork, token, async (tx, link) => (link.kind === 'preferences' ? this.of(tx, link) : undefined));
  }

  private async of(tx: Tx, link: Link): Promise<Found> {
    const { pack } = await this.policies.current(tx);
    const domains = new Set((await presentStates(tx, [link.ref])).map(({ domain }) => domain));
    return { tenant: tx.tenant, pack, link, place: await placeOf(tx, link), domains };
  }

  private async record(
    { tenant, link }: Found, cause: Cause, decisions: readonly WantedDecision[] | 'withdraw_all', more: Pick<DecisionCall, 'domain' | 'jurisdiction' | 'notice'>,
  ): Promise<void> {
    await this.queue.record(
      tenant,
      { id: uuidv7(), subject: { ref: link.ref }, channel: 'preference_page', actor: 'person', cause, onlyChanges: true, decisions, ...more },
      undefined,
    );
  }
}
