import { visitRecorded } from '@heed/contracts-consent';
import { coarser, newEvent, refused, uuidv7 } from '@heed/kernel';
import type { Cause } from '@heed/kernel';
import { Outbox } from '@heed/outbox';
import type { Tx } from '@heed/persistence';
import { networkBitsOf, purposeOf, purposesOfCookies } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import { CheckConsent } from '../check/check.use-case.js';
import type { CheckAnswer } from '../check/check.use-case.js';
import { LearnAges } from '../children/learn-ages.use-case.js';
import { effectiveTime } from '../consent-record/decision.js';
import { branded } from '../cookie/cookie-gate.use-case.js';
import { cookieDomains } from '../cookie/cookie-domain.store.js';
import { personIn } from '../subject/normalise.js';
import { SubjectStore } from '../subject/subject.store.js';
import type { Visit, VisitOutcome } from './visit.js';
import { countVisits } from './visit-count.store.js';

export interface VisitAnswer {
  readonly outcome: VisitOutcome;
  readonly reason: string;
}

interface Judged extends VisitAnswer {
  readonly visit: Visit;
  readonly purpose: string;
  readonly recordId: string | null;
}

/** Somebody who has not decided is counted as nobody; who said no, is a child or sends a privacy signal is not even that. */
const COUNTED = new Set(['no_decision', 'expired']);

/** Looks at pages: told on of a person where analytics is allowed, counted without anybody where nobody said no (AJU-06). */
export class RecordVisits {
  constructor(
    private readonly deps: {
      readonly checks: CheckConsent;
      readonly policies: PolicyStore;
      readonly subjects: SubjectStore;
      readonly ages: LearnAges;
      readonly outbox: Outbox;
    },
  ) {}

  /** @throws HeedError `purpose_unknown`, `purpose_not_analytics` where a visit names a purpose that follows nobody */
  async run(tx: Tx, visits: readonly Visit[], cause: Cause): Promise<readonly VisitAnswer[]> {
    const { pack } = await this.deps.policies.current(tx);
    await this.deps.ages.learn(tx, visits.flatMap(({ subject, age, childSignal, jurisdiction }) => (subject ? [{ subject, age, childSignal, jurisdiction, channel: 'visit', cause }] : [])));
    const judged = await this.judge(tx, pack, visits);
    const recorded = await this.tell(tx, pack, judged.filter((one) => one.outcome === 'recorded'), cause);
    const answers = judged.map((one) => (one.outcome === 'recorded' && !recorded.has(one.visit) ? { ...one, outcome: 'counted' as const } : one));
    await countVisits(tx, answers.filter((one) => one.outcome !== 'ignored').map((one) => one.visit));
    return answers.map(({ outcome, reason }) => ({ outcome, reason }));
  }

  private async judge(tx: Tx, pack: PolicyPack, visits: readonly Visit[]): Promise<readonly Judged[]> {
    const partners = await cookieDomains(tx, visits.map((visit) => visit.domain));
    const configured = pack.cookies?.some((one) => one.class === 'analytics' && one.gate === 'configured_and_consent') ?? false;
    const purposes = visits.map((visit) => purposeFor(pack, visit));
    const asked = visits.flatMap((visit, i) => {
      const partner = partners.get(visit.domain);
      const { subject, jurisdiction } = visit;
      return subject ? [{ visit, check: { subject, purpose: purposes[i]!, jurisdiction, domain: branded(partner) } }] : [];
    });
    const checked = await this.deps.checks.check(tx, asked.map((one) => one.check));
    const answers = new Map<Visit, CheckAnswer>(asked.map(({ visit }, i) => [visit, checked[i]!]));
    return visits.map((visit, i) => {
      const partner = partners.get(visit.domain);
      const answer = answers.get(visit);
      const judged = (outcome: VisitOutcome, reason: string): Judged => ({ visit, purpose: purposes[i]!, outcome, reason, recordId: answer?.recordId ?? null });
      if (partner ? !partner.analytics : configured) return judged('ignored', 'not_configured');
      if (visit.gpc) return judged('ignored', 'gpc');
      if (answer?.allowed) return judged('recorded', answer.reason);
      const reason = answer?.reason ?? 'no_decision';
      return judged(COUNTED.has(reason) ? 'counted' : 'ignored', reason);
    });
  }

  /** @returns the visits whose person is known: of nobody nothing is told */
  private async tell(tx: Tx, pack: PolicyPack, allowed: readonly Judged[], cause: Cause): Promise<ReadonlySet<Visit>> {
    if (allowed.length === 0) return new Set();
    const country = pack.tenant.country?.value;
    const people = await this.deps.subjects.find(tx, allowed.map(({ visit: { subject } }) => personIn(subject ?? { identifiers: [] }, country)));
    const [now, bits] = [tx.clock.now(), networkBitsOf(pack)];
    const known = allowed.flatMap((one, i) => (people[i] ? [{ ...one, ref: people[i].ref }] : []));
    this.deps.outbox.append(
      known.map(({ visit, purpose, recordId, ref }) =>
        newEvent(visitRecorded, {
          source: '/heed/consent', tenant: tx.tenant, key: ref, clock: tx.clock, cause,
          data: {
            id: uuidv7(now), ref, purpose, domain: visit.domain, path: visit.path, occurredAt: effectiveTime(visit.occurredAt, now).toISOString(),
            network: visit.ip === undefined ? null : coarser(visit.ip, bits), region: visit.region ?? null, referrer: visit.referrer ?? null, recordId,
          },
        }),
      ),
      tx,
    );
    return new Set(known.map((one) => one.visit));
  }
}

/** @throws HeedError `purpose_missing`, `purpose_unknown`, `purpose_not_analytics` */
function purposeFor(pack: PolicyPack, { purpose: named }: Visit): string {
  const id = named ?? purposesOfCookies(pack, 'analytics')[0];
  if (id === undefined) throw refused('purpose_missing', 'The policy has no purpose of analytics cookies; name the purpose that the visit is recorded for.');
  const purpose = purposeOf(pack, id);
  if (!purpose) throw refused('purpose_unknown', `The policy has no purpose ${id}; see GET /v1/purposes.`);
  if (!purpose.profiling && purpose.cookieClass !== 'analytics') throw refused('purpose_not_analytics', `${id} does not follow anybody, so no visit is recorded for it.`);
  return id;
}
