import { failpoint, uuidv7 } from '@heed/kernel';
import { Database, eachTenant, UnitOfWork } from '@heed/persistence';
import type { Tx } from '@heed/persistence';
import { calendarOf, purposeOf } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { limitFor, strictest, targets } from '../children/child-guard.js';
import { AGE_OF, ageFrom } from '../children/person-age.store.js';
import type { AgeJson } from '../children/person-age.store.js';
import type { Decision } from '../consent-record/decision.js';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import { moveCampaign, takeCampaign } from './campaign.store.js';
import type { Campaign } from './campaign.store.js';
import { mayAsk } from './domain/may-ask.js';
import { addQuestions, byPerson, hasSilent, markQuestions, silent } from './question.store.js';
import type { NewQuestion, Question } from './question.store.js';

/** People of one transaction: nobody's own decision waits longer for it. */
const PEOPLE = 500;
const BATCH = 200;

interface Candidate extends Question {
  readonly state: Decision;
  readonly since: Date;
  readonly validUntil: Date | null;
  readonly askedAt: Date | null;
  readonly age: AgeJson | null;
  /** Of the decision. */
  readonly jurisdiction: string | null;
}

/**
 * Finds the people of new campaigns, and ends the consents of those who were asked and did not answer until the deadline.
 * A batch a transaction, each with its mark of how far it is, so that whoever is killed goes on where they were.
 */
export class RunCampaigns {
  constructor(
    private readonly deps: { readonly database: Database; readonly unitOfWork: UnitOfWork; readonly policies: PolicyStore; readonly decisions: RecordDecisions },
  ) {}

  run(): Promise<void> {
    return eachTenant(this.deps.database, async (tenant) => {
      while (await this.step(tenant));
    });
  }

  /** @returns whether there may be more to do */
  private async step(tenant: string): Promise<boolean> {
    const worked = await this.deps.unitOfWork.run(tenant, async (tx) => {
      const campaign = await takeCampaign(tx);
      if (!campaign) return false;
      const more = campaign.state === 'gathering' ? await this.gather(tx, campaign) : await this.expire(tx, campaign);
      failpoint('consent.campaign.before-commit');
      return more;
    });
    if (worked) failpoint('consent.campaign.committed');
    return worked;
  }

  private async gather(tx: Tx, campaign: Campaign): Promise<boolean> {
    const { id, purposes, notice, older, afterRef } = campaign;
    const people = await tx.query<{ ref: string }>(
      `SELECT DISTINCT s.ref FROM consent_state s WHERE s.ref > $1 AND s.purpose = ANY($2) AND s.notice_id = $3 AND s.notice_version = ANY($4)
          AND s.state IN ('given', 'refused', 'withdrawn', 'objected') ORDER BY s.ref LIMIT ${PEOPLE}`,
      [afterRef, purposes, notice, older],
    );
    const last = people.at(-1)?.ref;
    if (last !== undefined) await addQuestions(tx, id, await this.judged(tx, campaign, people.map(({ ref }) => ref)));
    await moveCampaign(tx, id, last === undefined ? 'asking' : 'gathering', last);
    return true;
  }

  private async judged(tx: Tx, { purposes, notice, older }: Campaign, refs: readonly string[]): Promise<readonly NewQuestion[]> {
    const { pack } = await this.deps.policies.current(tx);
    const [calendar, now] = [calendarOf(pack), tx.clock.now()];
    const candidates = await tx.query<Candidate>(
      `SELECT s.ref, s.purpose, s.domain, s.record_id AS "recordId", s.state, s.occurred_at AS since, s.valid_until AS "validUntil", ${AGE_OF('s')},
              (SELECT r.jurisdiction FROM consent_record r WHERE r.ref = s.ref AND r.id = s.record_id),
              (SELECT max(r.recorded_at) FROM consent_record r
                WHERE r.ref IN (SELECT s.ref UNION SELECT a.ref FROM subject a WHERE a.person = s.ref) AND r.purpose = s.purpose AND r.domain = s.domain AND r.state = 'requested') AS "askedAt"
         FROM consent_state s JOIN subject p ON p.ref = s.ref AND p.person IS NULL AND p.erased_at IS NULL
        WHERE s.ref = ANY($1) AND s.purpose = ANY($2) AND s.notice_id = $3 AND s.notice_version = ANY($4) AND s.state IN ('given', 'refused', 'withdrawn', 'objected')`,
      [refs, purposes, notice, older],
    );
    return candidates.flatMap(({ ref, purpose, domain, recordId, age, jurisdiction, ...asking }): readonly NewQuestion[] => {
      const question = { ref, purpose, domain, recordId };
      const known = ageFrom(age);
      const declared = purposeOf(pack, purpose);
      const group = known ? strictest([known], limitFor(pack, jurisdiction ?? undefined, now).years) : 'unknown';
      if (declared && (group === 'suspected' || (group === 'child' && targets(declared)))) return [{ ...question, standing: 'skipped', reason: 'child' }];
      const found = mayAsk({ ...asking, outdated: true }, pack.consent.askAgainAfter.value, calendar, now);
      if (asking.state === 'given' && found.reason === 'expired') return []; // it is over by itself
      return [found.mayAsk ? { ...question, standing: 'to_ask', reason: null } : { ...question, standing: 'skipped', reason: found.reason }];
    });
  }

  private async expire(tx: Tx, { id, onNoAnswer }: Campaign): Promise<boolean> {
    const questions = onNoAnswer === 'expire' ? await silent(tx, id, BATCH) : [];
    if (questions.length === 0) {
      // Who is just being written about was passed over: the next look finds them.
      const busy = onNoAnswer === 'expire' && (await hasSilent(tx, id));
      if (!busy) await moveCampaign(tx, id, 'closed');
      return !busy;
    }
    await markQuestions(tx, id, questions, 'expired');
    await this.deps.decisions.record(
      tx,
      byPerson(questions).map(({ person, domain, questions: own }) => {
        const callId = uuidv7(tx.clock.now());
        return {
          id: callId, subject: { ref: person }, channel: 'campaign', actor: 'heed', cause: { correlationId: callId }, detail: { campaign: id }, domain: domain || undefined,
          decisions: own.map(({ purpose, recordId }) => ({ purpose, decision: 'expired' as const, onlyIf: recordId })),
        };
      }),
    );
    await moveCampaign(tx, id, 'expiring');
    return true;
  }
}
