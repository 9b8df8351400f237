import type { Decision, MayOptions, Reason } from '../decision.js';
import type { Subject, SubjectIdentifier } from '../subject.js';
import { MAX_DOMAINS, MAX_PURPOSES } from './decision-slab.js';
import type { HeldDecision } from './decision-slab.js';
import { Freshness } from './freshness.js';
import { KeyedHash } from './keyed-hash.js';
import { BY_REF, INVALID, KnownKeys } from './known-keys.js';
import { Names } from './names.js';
import { NO_AGE, PeopleTable, SUSPECTED } from './people-table.js';
import { PolicyView } from './policy-view.js';
import type { BuildRecord, Decisions, Heartbeat, PolicyRecord, StateKeyAnswer, StateRecord, TopicRecord } from './records.js';
import { checkOptions } from './view-options.js';
import type { ViewOptions } from './view-options.js';

const NO_ONE: readonly number[] = [];
/** Of 32 bytes in base64url. */
const KEY_LENGTH = 43;
/** Asked, or put off: nothing was decided. */
const OPEN: ReadonlySet<string> = new Set(['requested', 'request_deferred']);
const NO: ReadonlySet<string> = new Set(['refused', 'withdrawn', 'objected']);
/** The code of what holds on every domain. */
const EVERYWHERE = 0;
/** As the service takes it, in lower case. */
const HOST_NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/**
 * What a tenant's consent-state topic says, in memory, and the answers that follow from it: the same as the service's own
 * check gives. It answers no wherever it cannot know.
 */
export class ConsentView {
  readonly freshness: Freshness;
  people: PeopleTable;
  private readonly purposes = new Names(MAX_PURPOSES);
  private readonly domains = new Names(MAX_DOMAINS);
  private readonly states = new Names(16);
  private policy: PolicyView | undefined;
  private hash: KeyedHash | undefined;
  private keys: KnownKeys | undefined;
  private readonly scratch = new Int32Array(8);

  /** @throws Malformed `option_invalid` */
  constructor(private readonly options: ViewOptions) {
    checkOptions(options);
    this.freshness = new Freshness(options);
    this.people = new PeopleTable(options.maxSubjects, options.elapsed);
    this.domains.code('');
  }

  /** The key by which people are found, and the policy as the service has it now. */
  use(answer: Pick<StateKeyAnswer, 'key' | 'epoch' | 'policy'>): void {
    this.hash = new KeyedHash(Buffer.from(answer.key, 'base64url'));
    this.takePolicy(answer.policy);
    this.knowKeys();
    this.freshness.useKey(answer.epoch);
  }

  /** The topic is read as if for the first time: who was taken off it meanwhile may have left no trace there. */
  beginAgain(): void {
    this.freshness.beginAgain();
    this.people = new PeopleTable(this.options.maxSubjects, this.options.elapsed);
  }

  /**
   * A record of the topic, in its order.
   * @throws where it is not understood; everything is denied from then on, for it may have been somebody's no
   */
  take(record: TopicRecord): void {
    try {
      this.read(record);
    } catch (error) {
      this.freshness.misread();
      throw error;
    }
  }

  private read({ key, value }: TopicRecord): void {
    const name = key?.toString('latin1') ?? '';
    if (name.length === KEY_LENGTH) return this.takeState(name, value);
    if (value === null) return;
    const data = JSON.parse(value.toString('utf8')) as { readonly v?: unknown };
    if (data.v !== 1) throw new Error(`a record of another form under ${name}; is there a newer SDK?`);
    if (name === 'heartbeat') this.freshness.beat(data as unknown as Heartbeat);
    else if (name === 'build') this.freshness.begin(data as unknown as BuildRecord);
    else if (name === 'policy') this.takePolicy(data as unknown as PolicyRecord);
  }

  heedsGpc(purpose: string): boolean {
    return this.policy?.heedsGpc(purpose) ?? true;
  }

  may(subject: Subject, purpose: string, options: MayOptions = {}): Decision {
    const { policy } = this;
    if (!policy) return this.answer(false, purpose, null, 'not_ready');
    const promise = policy.neverPromise(purpose);
    if (promise !== undefined) return { ...this.answer(false, purpose, null, 'never_purpose'), promise };
    if (!policy.knows(purpose)) return this.answer(false, purpose, null, 'purpose_unknown');
    const domain = this.domainOf(options.domain);
    if (domain === undefined) return this.answer(false, purpose, null, 'domain_invalid');
    const place = policy.placeOf(options.jurisdiction);
    const basis = place === undefined ? undefined : policy.basisOf(purpose, place);
    if (place === undefined || basis === undefined) return this.answer(false, purpose, null, 'no_basis_in_jurisdiction');
    const asksPerson = basis === 'consent' || basis === 'legitimate_interest';
    // The policy may be another by now as well as the person's decisions.
    const problem = this.freshness.problem();
    if (problem) return this.answer(false, purpose, basis, problem);
    // What follows or targets nobody, and rests on neither, is the same for everybody.
    if (!asksPerson && !policy.targets(purpose)) return this.answer(true, purpose, basis, 'basis_without_consent');
    const people = this.peopleOf(subject);
    if (typeof people === 'string') return this.answer(false, purpose, basis, people);
    const child = this.childhood(people, purpose, basis, policy, place);
    if (child) return child;
    return asksPerson ? this.decide(people, purpose, basis, domain) : this.answer(true, purpose, basis, 'basis_without_consent');
  }

  /** Undefined where it is no host name. */
  private domainOf(domain: string | undefined): string | undefined {
    if (domain === undefined) return '';
    const name = domain.toLowerCase();
    return HOST_NAME.test(name) ? name : undefined;
  }

  /** Nobody follows or targets a child, on whatever ground; who may be one is left alone. */
  private childhood(people: readonly number[], purpose: string, basis: string, policy: PolicyView, place: string): Decision | undefined {
    let age = Infinity;
    for (const slot of people) {
      const known = this.people.ageOf(slot);
      if (known === NO_AGE) continue;
      const child = known >= 0 && known < policy.adultAge(place);
      // A child counts before somebody who may be one.
      age = Math.min(age, child ? -2 : known);
    }
    if (age >= 0) return undefined;
    const targets = policy.targets(purpose);
    if (age === SUSPECTED ? basis !== 'consent' && !targets : !targets) return undefined;
    const promise = policy.childPromise(targets);
    return { ...this.answer(false, purpose, basis, age === SUSPECTED ? 'age_unverified' : 'child'), ...(promise === undefined ? {} : { promise }) };
  }

  private decide(people: readonly number[], purpose: string, basis: string, domain: string): Decision {
    const slab = this.people.decisions;
    const [purposeCode, domainCode] = [this.purposes.find(purpose), this.domains.find(domain)];
    let [open, over, given, objection, no] = [people.length === 0, -1, -1, -1, -1];
    for (const slot of people) {
      const at = this.heldOn(slot, purposeCode, domainCode);
      const state = at < 0 ? '' : this.states.name(slab.stateAt(at));
      if (at < 0 || OPEN.has(state)) open = true;
      else if (state === 'given') {
        const until = slab.validUntilAt(at);
        if (until !== 0 && until <= this.options.now()) over = over < 0 ? at : over;
        else given = given < 0 ? at : given;
      } else {
        no = no < 0 ? at : no;
        if (NO.has(state)) objection = objection < 0 ? at : objection;
      }
    }
    const by = (allowed: boolean, reason: string, at: number): Decision => ({ allowed, purpose, basis, reason, recordId: slab.recordIdAt(at), asOf: this.freshness.asOf, stale: false });
    if (basis === 'legitimate_interest') return objection < 0 ? this.answer(true, purpose, basis, 'basis_without_consent') : by(false, this.states.name(slab.stateAt(objection)), objection);
    if (no >= 0) return by(false, this.states.name(slab.stateAt(no)), no);
    if (open) return this.answer(false, purpose, basis, 'no_decision');
    if (over >= 0) return by(false, 'expired', over);
    return by(true, 'given', given);
  }

  /** Where what holds on a domain lies, or -1. A no that named no domain is meant for all of them, also for one that nothing was decided about. */
  private heldOn(slot: number, purpose: number, domain: number): number {
    const slab = this.people.decisions;
    const [place, count] = [this.people.placeOf(slot), this.people.countOf(slot)];
    const here = domain < 0 ? -1 : slab.find(place, count, purpose, domain);
    if (here >= 0 || domain === EVERYWHERE) return here;
    const everywhere = slab.find(place, count, purpose, EVERYWHERE);
    return everywhere >= 0 && NO.has(this.states.name(slab.stateAt(everywhere))) ? everywhere : -1;
  }

  /** Where identifiers lead to several people, what all of them decided counts. */
  private peopleOf(subject: Subject): readonly number[] | Reason {
    if ('ref' in subject) return this.found([{ type: BY_REF, value: subject.ref }]);
    // Naming nobody is a mistake, and not somebody who never objected.
    return subject.identifiers.length === 0 ? 'identifier_invalid' : this.found(subject.identifiers);
  }

  private found(identifiers: readonly SubjectIdentifier[]): readonly number[] | Reason {
    let first = -1;
    let more: number[] | undefined;
    for (const identifier of identifiers) {
      const key = this.keys?.of(identifier) ?? INVALID;
      if (key === INVALID) return 'identifier_invalid';
      const slot = this.people.find(key);
      if (slot < 0) {
        if (this.people.truncated) return 'not_in_memory';
      } else if (this.people.buildOf(slot) >= this.freshness.build) {
        if (first < 0) first = slot;
        else if (slot !== first) (more ??= [first]).push(slot);
      } // else: published before everybody was published anew, and not since: nobody is found by that any more
    }
    return more ?? (first < 0 ? NO_ONE : [first]);
  }

  private answer(allowed: boolean, purpose: string, basis: string | null, reason: string): Decision {
    return { allowed, purpose, basis, reason, asOf: this.freshness.asOf, stale: reason === 'stale' };
  }

  private takePolicy(record: PolicyRecord): void {
    if (record.policyVersion < (this.policy?.version ?? 0)) return;
    const before = this.policy?.country;
    this.policy = new PolicyView(record);
    this.freshness.usePolicy(record.policyVersion);
    // Numbers without a country code are other people's in another country.
    if (this.policy.country !== before) this.knowKeys();
  }

  private knowKeys(): void {
    if (this.hash) this.keys = new KnownKeys(this.hash, this.policy?.country, this.options.maxKnownKeys);
  }

  private takeState(name: string, value: Buffer | null): void {
    const key = wordsOf(Buffer.from(name, 'base64url'), this.scratch);
    if (value === null) return this.people.remove(key);
    const record = JSON.parse(value.toString('utf8')) as StateRecord & { readonly v?: unknown };
    if (record.v !== 1) throw new Error('a state of another form; is there a newer SDK?');
    const age = record.age === undefined ? NO_AGE : (record.age.atLeast ?? SUSPECTED);
    this.people.put(key, { ref: refWords(record.ref), version: record.version, build: record.build, at: Date.parse(record.at) || 0, age, decisions: this.decisionsOf(record) });
  }

  private decisionsOf({ purposes, domains }: StateRecord): readonly HeldDecision[] {
    const list: HeldDecision[] = [];
    this.collect(list, '', purposes);
    for (const [domain, own] of Object.entries(domains ?? {})) this.collect(list, domain, own);
    return list;
  }

  private collect(list: HeldDecision[], domain: string, decisions: Decisions): void {
    for (const [purpose, { state, recordId, validUntil }] of Object.entries(decisions)) {
      const until = validUntil === undefined ? 0 : Date.parse(validUntil);
      if (Number.isNaN(until)) throw new Error('a decision with an end that is no time'); // it would never be over
      list.push({ purpose: this.purposes.code(purpose), domain: this.domains.code(domain), state: this.states.code(state), validUntil: until, recordId });
    }
  }
}

function wordsOf(bytes: Buffer, into: Int32Array): Int32Array {
  for (let i = 0; i < 4; i += 1) into[i] = bytes.readInt32BE(i * 4);
  return into;
}

/** `sub_` and 32 digits. */
function refWords(ref: string): Int32Array {
  const words = new Int32Array(4);
  for (let i = 0; i < 4; i += 1) words[i] = Number.parseInt(ref.slice(4 + i * 8, 12 + i * 8), 16) | 0;
  return words;
}
