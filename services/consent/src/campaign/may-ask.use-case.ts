import type { Tx } from '@heed/persistence';
import { basisOf, calendarOf, isMaterialNoticeChange, neverPurposeOf, purposeOf } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import type { Check } from '../check/check.use-case.js';
import { limitFor, strictest, targets } from '../children/child-guard.js';
import { presentPeople } from '../consent-record/consent-record.store.js';
import type { PresentState } from '../consent-record/consent-record.store.js';
import { isNo } from '../consent-record/decision.js';
import { noticeHistory } from '../notice/notice-history.js';
import type { NoticeInPolicy } from '../notice/notice-history.js';
import { personIn } from '../subject/normalise.js';
import { SubjectStore } from '../subject/subject.store.js';
import { mayAsk } from './domain/may-ask.js';

export interface AskAnswer {
  readonly purpose: string;
  readonly mayAsk: boolean;
  readonly reason: string;
  /** From when on, where that is known. */
  readonly from: Date | null;
  /** When the decision that stands was made. */
  readonly since: Date | null;
}

export interface AskQuestion extends Pick<Check, 'subject' | 'jurisdiction' | 'domain'> {
  readonly purposes: readonly string[];
}

/** Says whether a person may be asked for something now: nobody is asked for a yes that they gave, or that they just refused. */
export class MayAskConsent {
  constructor(
    private readonly subjects: SubjectStore,
    private readonly policies: PolicyStore,
  ) {}

  async run(tx: Tx, { subject, purposes, jurisdiction, domain = '' }: AskQuestion): Promise<readonly AskAnswer[]> {
    const { pack } = await this.policies.current(tx);
    const [person] = await this.subjects.find(tx, [personIn(subject, pack.tenant.country?.value)]);
    const refs = person ? [person.ref, ...person.aliases] : [];
    const { states, ages } = await presentPeople(tx, refs);
    const asked = await lastAsked(tx, refs);
    const history = await historiesOf(tx, states);
    const known = [...ages.values()];
    return purposes.map((purpose): AskAnswer => {
      const answer = (may: boolean, reason: string, from: Date | null = null, since: Date | null = null): AskAnswer => ({ purpose, mayAsk: may, reason, from, since });
      if (neverPurposeOf(pack, purpose)) return answer(false, 'never_purpose');
      const declared = purposeOf(pack, purpose);
      if (!declared) return answer(false, 'purpose_unknown');
      if (basisOf(pack, declared, jurisdiction)?.basis !== 'consent') return answer(false, 'basis_without_consent');
      const group = known.length === 0 ? 'unknown' : strictest(known, limitFor(pack, jurisdiction, tx.clock.now()).years);
      if (group === 'suspected') return answer(false, 'age_unverified');
      if (group === 'child' && targets(declared)) return answer(false, 'child');
      const own = states.filter((state) => state.purpose === purpose && state.domain === domain);
      const state = own.find((one) => isNo(one.state)) ?? own[0];
      const found = mayAsk(
        {
          state: state?.state, since: state?.occurredAt, validUntil: state?.validUntil ?? null,
          askedAt: asked.get(`${purpose} ${domain}`) ?? null, outdated: isOutdated(pack, state, history),
        },
        pack.consent.askAgainAfter.value, calendarOf(pack), tx.clock.now(),
      );
      return answer(found.mayAsk, found.reason, found.from, state?.occurredAt ?? null);
    });
  }
}

/** When people were last asked, by purpose and domain, under whichever of their refs. */
async function lastAsked(tx: Tx, refs: readonly string[]): Promise<ReadonlyMap<string, Date>> {
  if (refs.length === 0) return new Map();
  const rows = await tx.query<{ purpose: string; domain: string; at: Date }>(
    `SELECT purpose, domain, max(recorded_at) AS at FROM consent_record
      WHERE ref IN (SELECT unnest($1::text[]) UNION SELECT ref FROM subject WHERE person = ANY($1)) AND state = 'requested' GROUP BY purpose, domain`,
    [refs],
  );
  return new Map(rows.map(({ purpose, domain, at }) => [`${purpose} ${domain}`, at]));
}

async function historiesOf(tx: Tx, states: readonly PresentState[]): Promise<ReadonlyMap<string, readonly NoticeInPolicy[]>> {
  const ids = new Set(states.flatMap(({ state, noticeId }) => (state === 'given' && noticeId ? [noticeId] : [])));
  const histories = new Map<string, readonly NoticeInPolicy[]>();
  for (const id of ids) histories.set(id, await noticeHistory(tx, id));
  return histories;
}

/** The notice says something else now than when the person agreed. */
function isOutdated(pack: PolicyPack, state: PresentState | undefined, histories: ReadonlyMap<string, readonly NoticeInPolicy[]>): boolean {
  if (state?.state !== 'given' || !state.noticeId) return false;
  const now = pack.notices.consent.findLast((notice) => notice.id === state.noticeId);
  const then = histories.get(state.noticeId)?.findLast(({ notice }) => notice.version === state.noticeVersion)?.notice;
  return now !== undefined && then !== undefined && isMaterialNoticeChange(then, now);
}
