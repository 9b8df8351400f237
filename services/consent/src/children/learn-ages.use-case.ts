import type { Tx, UnitOfWork } from '@heed/persistence';
import { ageLimits } from '@heed/policy';
import { PolicyStore } from '@heed/tenant-policy';
import type { DecisionCall } from '../consent-record/decision-call.js';
import { RecordDecisions } from '../consent-record/record-decisions.use-case.js';
import { metAgain } from '../subject/met-at-once.js';
import { personIn } from '../subject/normalise.js';
import { metAtOnce, SubjectStore } from '../subject/subject.store.js';
import { ChildGuard, limitFor } from './child-guard.js';
import { groupOf } from './domain/age.js';
import type { AgeStatement } from './domain/age.js';
import { grantsOfChildren } from './grants-of-children.js';
import { knownAges } from './person-age.store.js';

/** A call that says something of an age, whatever else it wants. */
export type AgeWord = Pick<DecisionCall, 'subject' | 'age' | 'childSignal' | 'parentalConsent' | 'channel' | 'cause' | 'jurisdiction'>;

const mayTell = ({ age, childSignal }: AgeStatement): boolean => age !== undefined || childSignal === true;

/** The codes of refusals that an age is behind. */
const REFUSED = new Set(['child_refused', 'parental_consent_missing']);
export const isAgeRefusal = (code: string): boolean => REFUSED.has(code);

/** Takes down what was said of an age where nothing else of the call is kept: it was refused, or it was a visit. */
export class LearnAges {
  constructor(
    private readonly subjects: SubjectStore,
    private readonly policies: PolicyStore,
    private readonly children: ChildGuard,
    private readonly decisions: RecordDecisions,
  ) {}

  /**
   * That this is a child must not be forgotten with the call that is refused for it. The refusal stands either way: identifiers
   * that are none lead to nobody who could be protected.
   */
  async learnOfRefused(unitOfWork: UnitOfWork, tenant: string, call: AgeWord): Promise<void> {
    if (!mayTell(call)) return;
    await metAgain(() => unitOfWork.run(tenant, (tx) => this.learn(tx, [call]), { cause: call.cause })).catch(() => undefined);
  }

  /** Only what says child: who is grown up leaves nothing behind, and nobody is minted for saying so. */
  async learn(tx: Tx, calls: readonly AgeWord[]): Promise<void> {
    if (!calls.some(mayTell)) return;
    const { pack } = await this.policies.current(tx);
    const grownUp = ageLimits(pack).at(-1) ?? 0;
    const telling = calls.filter(({ age, childSignal }) => childSignal === true || (age !== undefined && age < grownUp));
    if (telling.length === 0) return;
    const country = pack.tenant.country?.value;
    const resolved = await this.subjects.resolve(tx, telling.map(({ subject }) => personIn(subject, country)));
    const found = telling.flatMap((call, i) => (resolved[i] ? [{ call, refs: [resolved[i].ref, ...resolved[i].aliases] }] : []));
    const refs = [...new Set(found.flatMap((one) => one.refs))].sort();
    const rows = await tx.query<{ ref: string; person: string | null; erased: boolean }>(
      'SELECT ref, person, erased_at IS NOT NULL AS erased FROM subject WHERE ref = ANY($1) ORDER BY ref FOR UPDATE', [refs],
    );
    if (rows.some((row) => row.person !== null)) throw metAtOnce(); // merged between the look and the lock
    const erased = new Set(rows.flatMap((row) => (row.erased ? [row.ref] : [])));
    const living = found.map((one) => ({ ...one, refs: one.refs.filter((ref) => !erased.has(ref)) }));
    const ages = new Map(await knownAges(tx, refs));
    await this.children.learn(tx, pack, living, ages);
    // Also who was known for a child before: the call that was refused may have said so in this very transaction, and ended nothing.
    const children = living.flatMap(({ call, refs }) => refs.filter((ref) => groupOf(ages.get(ref), limitFor(pack, call.jurisdiction, tx.clock.now()).years) === 'child'));
    await this.decisions.restate(tx, resolved.flatMap((one) => (one?.gained && !erased.has(one.ref) ? [one.ref] : [])));
    await this.decisions.record(tx, await grantsOfChildren(tx, pack, [...new Set(children)]));
  }
}
