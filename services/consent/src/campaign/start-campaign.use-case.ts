import { conflict, refused, uuidv7 } from '@heed/kernel';
import type { Cause } from '@heed/kernel';
import type { Tx } from '@heed/persistence';
import { consentNoticeOf } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import { noticeHistory, olderVersions } from '../notice/notice-history.js';
import { campaignOf, insertCampaign } from './campaign.store.js';
import type { Campaign } from './campaign.store.js';
import { byPerson, markQuestions, unasked } from './question.store.js';

export interface NewCampaign {
  readonly notice: string;
  readonly version: string;
  readonly purposes?: readonly string[] | undefined;
  readonly deadline: Date | null;
  readonly onNoAnswer: 'keep' | 'expire';
}

/** Asks again where a notice says something else than what people agreed to. Whoever runs it asks; Heed knows whom, and who was. */
export class StartCampaign {
  constructor(
    private readonly policies: PolicyStore,
    private readonly decisions: RecordDecisions,
  ) {}

  /** @throws HeedError `notice_unknown`, `notice_for_other_purpose`, `change_not_material`, `deadline_past`, `deadline_missing`, `campaign_running` */
  async run(tx: Tx, wanted: NewCampaign, by: string): Promise<Campaign> {
    const { pack } = await this.policies.current(tx);
    const notice = consentNoticeOf(pack, wanted.notice, wanted.version);
    if (!notice) throw refused('notice_unknown', `The policy in force has no notice ${wanted.notice} version ${wanted.version}.`);
    const purposes = wanted.purposes ?? notice.purposes;
    const other = purposes.find((purpose) => !notice.purposes.includes(purpose));
    if (other) throw refused('notice_for_other_purpose', `Notice ${notice.id} asks about ${notice.purposes.join(', ')}, not about ${other}.`);
    const older = olderVersions(await noticeHistory(tx, notice.id), notice);
    if (older.length === 0) throw refused('change_not_material', `No earlier version of ${notice.id} asked for less, so nobody has to be asked again.`);
    if (wanted.deadline && wanted.deadline <= tx.clock.now()) throw refused('deadline_past', 'The deadline has passed already.');
    if (wanted.onNoAnswer === 'expire' && !wanted.deadline) throw refused('deadline_missing', 'Consents can end without an answer only at a deadline.');
    const id = uuidv7(tx.clock.now());
    const campaign = { id, notice: notice.id, version: notice.version, older, purposes, deadline: wanted.deadline, onNoAnswer: wanted.onNoAnswer };
    if (!(await insertCampaign(tx, campaign, by))) throw conflict('campaign_running', `People are being asked for ${notice.id} version ${notice.version} already.`);
    tx.record({ kind: 'campaign.started', data: { ...campaign, deadline: wanted.deadline?.toISOString() ?? null, by } });
    const made = await campaignOf(tx, id);
    if (!made) throw new Error('the campaign that was just saved is gone');
    return made;
  }

  /**
   * People were asked. Told twice, it counts once; who has answered meanwhile, or is not on the list, is passed over.
   * @returns how many questions were put
   * @throws HeedError `campaign_closed` after the deadline
   */
  async asked(tx: Tx, campaign: Campaign, refs: readonly string[], actor: string, cause: Cause): Promise<number> {
    const { id, state, deadline } = campaign;
    if (state === 'closed' || state === 'expiring' || (deadline && deadline <= tx.clock.now())) throw conflict('campaign_closed', 'The deadline of this campaign has passed; nobody is asked any more.');
    const questions = await unasked(tx, id, refs);
    if (questions.length === 0) return 0;
    await markQuestions(tx, id, questions, 'asked');
    await this.decisions.record(
      tx,
      byPerson(questions).map(({ person, domain, questions: own }) => ({
        id: uuidv7(tx.clock.now()), subject: { ref: person }, channel: 'campaign', actor, cause, detail: { campaign: id }, domain: domain || undefined,
        decisions: own.map(({ purpose }) => ({ purpose, decision: 'requested' as const })),
      })),
    );
    return questions.length;
  }
}
