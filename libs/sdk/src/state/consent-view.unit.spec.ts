import { createHmac, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { byEmail } from '../subject.js';
import { ConsentView } from './consent-view.js';
import { KeyedHash } from './keyed-hash.js';
import { INVALID, KnownKeys } from './known-keys.js';
import type { HeldRecord, PolicyRecord } from './records.js';

const KEY = Buffer.alloc(32, 9);
const POLICY: PolicyRecord = {
  policyVersion: 1, country: 'IN', defaultJurisdiction: 'IN', places: { DE: 'EU' },
  purposes: [
    { id: 'news', bases: { IN: 'consent', EU: 'consent' }, gpc: false, targets: true },
    { id: 'security', bases: { IN: 'legitimate_use', EU: 'legitimate_interest' }, gpc: false, targets: false },
    { id: 'analytics', bases: { IN: 'consent' }, gpc: true, targets: true },
    { id: 'service', bases: { IN: 'contract' }, gpc: false, targets: false },
    { id: 'advice', bases: { IN: 'contract' }, gpc: false, targets: true },
    { id: 'survey', bases: { IN: 'consent' }, gpc: false, targets: false },
  ],
  adultAge: { IN: 18, EU: 16 }, childPromises: { targets: 'AJU-25', other: 'AJU-24' },
  never: [{ id: 'sale', promise: 'AJU-03' }],
};

let now = 1_000_000;
let elapsed = 0;
let view: ConsentView;

const keyOf = (text: string): Buffer => Buffer.from(createHmac('sha256', KEY).update(text).digest('base64url'));
const tell = (name: string, data: object): void => view.take({ key: Buffer.from(name), value: Buffer.from(JSON.stringify({ v: 1, ...data })) });
const beat = (more: object = {}): void => tell('heartbeat', { completeUntil: new Date(now).toISOString(), epoch: 1, build: 5, policyVersion: 1, ...more });
const refOf = (n: number): string => `sub_${n.toString(16).padStart(32, '0')}`;
const held = (state: string, more: object = {}): HeldRecord => ({ state, recordId: randomUUID(), ...more });
interface Said {
  readonly n: number;
  readonly texts?: readonly string[];
  readonly version?: number;
  readonly build?: number;
  readonly at?: string;
  readonly purposes?: Readonly<Record<string, HeldRecord>>;
  readonly domains?: object;
  readonly age?: { readonly atLeast: number | null };
}
function say({ n, texts = [`email|p${n}@example.com`], version = 1, build = 5, at = '', purposes = { news: held('given') }, domains, age }: Said): void {
  for (const text of [...texts, `ref|${refOf(n)}`]) {
    view.take({ key: keyOf(text), value: Buffer.from(JSON.stringify({ v: 1, ref: refOf(n), version, build, at, purposes, ...(age ? { age } : {}), ...(domains ? { domains } : {}) })) });
  }
}
const may = (n: number, purpose = 'news', options = {}) => view.may(byEmail(`P${n}@Example.com`), purpose, options);
const make = (maxSubjects = 1000): ConsentView => new ConsentView({ now: () => now, elapsed: () => elapsed, stalenessMs: 30_000, maxSubjects, maxKnownKeys: 100 });

function begin(maxSubjects?: number): void {
  view = make(maxSubjects);
  view.use({ key: KEY.toString('base64url'), epoch: 1, policy: POLICY });
  tell('build', { build: 5, epoch: 1 });
  beat();
  view.freshness.reachEnd();
}

beforeEach(() => {
  now = 1_000_000;
  elapsed = 0;
  begin();
});

describe('an answer', () => {
  it('is what the person decided, by whichever identifier or ref', () => {
    const news = held('given', { validUntil: new Date(now + 1000).toISOString() });
    say({ n: 1, texts: ['email|p1@example.com', 'phone|+919876543210'], purposes: { news } });
    expect(may(1)).toEqual({ allowed: true, purpose: 'news', basis: 'consent', reason: 'given', recordId: news.recordId, asOf: new Date(now).toISOString(), stale: false });
    expect(view.may({ identifiers: [{ type: 'phone', value: '098765 43210' }] }, 'news').allowed).toBe(true);
    expect(view.may({ ref: refOf(1) }, 'news').allowed).toBe(true);
    now += 1000;
    expect(may(1)).toMatchObject({ allowed: false, reason: 'expired', recordId: news.recordId });
  });

  it('is no by default, for never-purposes, unknown purposes and places, and what cannot be an identifier', () => {
    expect(may(1)).toMatchObject({ allowed: false, reason: 'no_decision', basis: 'consent' });
    expect(may(1, 'sale')).toMatchObject({ allowed: false, reason: 'never_purpose', promise: 'AJU-03' });
    expect(may(1, 'shopping')).toMatchObject({ allowed: false, reason: 'purpose_unknown' });
    expect(may(1, 'news', { jurisdiction: 'BR' })).toMatchObject({ allowed: false, reason: 'no_basis_in_jurisdiction' });
    expect(view.may(byEmail('nobody'), 'news')).toMatchObject({ allowed: false, reason: 'identifier_invalid' });
  });

  it('for nobody, or for what names nobody, is no, also where only an objection would count', () => {
    const refused = { allowed: false, reason: 'identifier_invalid' };
    const eu = { jurisdiction: 'DE' };
    expect(view.may({ identifiers: [] }, 'security', eu)).toMatchObject(refused);
    expect(view.may({ ref: 'sub_1' }, 'security', eu)).toMatchObject(refused);
    expect(view.may({ identifiers: [{ type: 'email', value: undefined as unknown as string }] }, 'security', eu)).toMatchObject(refused);
    say({ n: 7 });
    expect(view.may({ identifiers: [{ type: 'ref', value: refOf(7) }] }, 'news')).toMatchObject(refused);
  });

  it('of a legitimate interest is yes until somebody objects', () => {
    expect(may(1, 'security', { jurisdiction: 'DE' })).toMatchObject({ allowed: true, basis: 'legitimate_interest' });
    say({ n: 1, purposes: { security: held('objected') } });
    expect(may(1, 'security', { jurisdiction: 'DE' })).toMatchObject({ allowed: false, reason: 'objected' });
    expect(may(1, 'security')).toMatchObject({ allowed: true, basis: 'legitimate_use' });
  });

  it('for identifiers of several people is the strictest of them', () => {
    say({ n: 1 });
    say({ n: 2, purposes: { news: held('withdrawn') } });
    say({ n: 3, purposes: {} });
    const both = (a: number, b: number) => view.may({ identifiers: [a, b].map((n) => ({ type: 'email', value: `p${n}@example.com` })) }, 'news');
    expect(both(1, 2).reason).toBe('withdrawn');
    expect(both(1, 3).reason).toBe('no_decision');
    expect(both(1, 9).reason).toBe('given'); // who is unknown decided nothing against it, as the service has it
  });

  it('on a branded domain is what was decided there', () => {
    say({ n: 1, purposes: { news: held('given') }, domains: { 'shop.example.com': { news: held('refused') } } });
    expect([may(1).reason, may(1, 'news', { domain: 'shop.example.com' }).reason, may(1, 'news', { domain: 'other.example.com' }).reason]).toEqual(['given', 'refused', 'no_decision']);
    expect(may(1, 'news', { domain: 'SHOP.Example.com' }).reason).toBe('refused');
    expect(['localhost', '192.0.2.1', 'shop example.com', ''].map((domain) => may(1, 'news', { domain }).reason)).toEqual(Array(4).fill('domain_invalid'));
  });

  it('on a branded domain is the no that named none, where nothing was decided there', () => {
    const domains = { 'shop.example.com': { news: held('given'), security: held('given') } };
    say({ n: 1, purposes: { news: held('withdrawn'), security: held('objected') }, domains });
    say({ n: 2, purposes: { news: held('invalidated') }, domains: { 'other.example.com': { survey: held('refused') } } });
    const asked = ['shop.example.com', 'other.example.com', 'unheard.example.com'].map((domain) => [may(1, 'news', { domain }).reason, may(1, 'security', { domain, jurisdiction: 'DE' }).reason]);
    expect(asked).toEqual([['given', 'basis_without_consent'], ['withdrawn', 'objected'], ['withdrawn', 'objected']]);
    expect(may(2, 'news', { domain: 'other.example.com' }).reason).toBe('no_decision'); // a yes that ended is no no
  });

  it('finds numbers without a country code by the country of the policy in force', () => {
    say({ n: 1, texts: ['phone|+4930123456'] });
    const ask = () => view.may({ identifiers: [{ type: 'phone', value: '030 123456' }] }, 'news').reason;
    expect(ask()).not.toBe('given');
    tell('policy', { ...POLICY, policyVersion: 2, country: 'DE' });
    expect(ask()).toBe('given');
  });

  it('of a child is no to whatever follows or targets; who may be one is left alone', () => {
    const purposes = { news: held('given'), survey: held('given') };
    say({ n: 1, age: { atLeast: 16 }, purposes });
    say({ n: 2, age: { atLeast: null }, purposes });
    const asked = ['news', 'advice', 'service', 'survey'] as const;
    expect(asked.map((purpose) => may(1, purpose).reason)).toEqual(['child', 'child', 'basis_without_consent', 'given']);
    expect(asked.map((purpose) => may(2, purpose).reason)).toEqual(['age_unverified', 'age_unverified', 'basis_without_consent', 'age_unverified']);
    expect([may(1).promise, may(2, 'survey').promise]).toEqual(['AJU-25', 'AJU-24']);
    expect(may(1, 'news', { jurisdiction: 'DE' }).reason).toBe('given'); // grown up there
  });

  it('follows what is told later, but nothing older that is told again', () => {
    say({ n: 1, version: 1 });
    say({ n: 1, version: 2, purposes: { news: held('withdrawn') } });
    say({ n: 1, version: 1 });
    expect(may(1).reason).toBe('withdrawn');
  });

  it('keeps an age that was told without another version, whatever comes late', () => {
    say({ n: 1, at: '2026-11-22T01:00:00Z' });
    say({ n: 1, at: '2026-11-22T01:00:02Z', age: { atLeast: 12 } });
    say({ n: 1, at: '2026-11-22T01:00:00Z' });
    expect(may(1).reason).toBe('child');
  });

  it('brings nobody back by a record from before their tombstone; a later one does', () => {
    const gone = (): void => [`email|p1@example.com`, `ref|${refOf(1)}`].forEach((text) => view.take({ key: keyOf(text), value: null }));
    say({ n: 1, version: 3 });
    gone();
    say({ n: 1, version: 3 });
    say({ n: 1, version: 2 });
    expect(may(1).reason).toBe('no_decision');
    expect(view.people.size).toBe(0);
    say({ n: 1, version: 4 });
    expect(may(1).reason).toBe('given');
    gone();
    say({ n: 2, texts: ['email|p1@example.com'] }); // somebody else, by the same address
    expect(may(1).reason).toBe('given');
  });

  it('follows an identifier to whom it leads now, and to nobody where it was taken off', () => {
    say({ n: 1 });
    say({ n: 2, texts: ['email|p1@example.com'], purposes: { news: held('refused') } });
    expect(may(1).reason).toBe('refused');
    view.take({ key: keyOf('email|p1@example.com'), value: null });
    expect(may(1).reason).toBe('no_decision');
  });
});

describe('nothing is answered from', () => {
  it('memory before everybody was read: not from where they begin, not up to where the topic ended, not under another key', () => {
    for (const missing of ['key', 'build', 'heartbeat', 'end']) {
      view = make();
      if (missing !== 'key') view.use({ key: KEY.toString('base64url'), epoch: 1, policy: POLICY });
      else tell('policy', POLICY);
      say({ n: 1 });
      if (missing !== 'build') tell('build', { build: 5, epoch: 1 });
      if (missing !== 'heartbeat') beat();
      if (missing !== 'end') view.freshness.reachEnd();
      expect(may(1), missing).toMatchObject({ allowed: false, reason: 'not_ready' });
    }
    expect(make().may(byEmail('p1@example.com'), 'news').reason).toBe('not_ready');
  });

  it('what is older than the bound, by this clock or since it was heard', () => {
    say({ n: 1 });
    now += 30_001;
    expect(may(1)).toMatchObject({ allowed: false, reason: 'stale', stale: true });
    expect(may(1, 'security')).toMatchObject({ allowed: false, reason: 'stale' }); // the policy may be another by now
    beat();
    expect(may(1).allowed).toBe(true);
    expect(may(1, 'security').allowed).toBe(true);
    elapsed += 30_001; // a clock that stands still does not make it younger
    expect(may(1).reason).toBe('stale');
  });

  it('the beginning of what came while nothing was read, by a clock that is behind: not before its end is reached', () => {
    say({ n: 1 });
    elapsed += 3_600_000;
    now += 100; // so slow is it
    beat();
    expect(may(1)).toMatchObject({ allowed: false, reason: 'stale' });
    view.freshness.reachEnd();
    expect(may(1).allowed).toBe(true);
  });

  it('a heartbeat that is sent a second time, late: neither its key nor its policy counts', () => {
    say({ n: 1 });
    beat({ completeUntil: new Date(now - 1).toISOString(), epoch: 2, build: 4, policyVersion: 7 });
    expect(may(1).allowed).toBe(true);
    expect(view.freshness.keyIsOld).toBe(false);
  });

  it('the former key from where people begin to be published under another', () => {
    expect(may(1, 'security', { jurisdiction: 'DE' }).allowed).toBe(true);
    tell('build', { build: 6, epoch: 2 }); // tombstones under the former key follow: perhaps of an objection
    expect(may(1, 'security', { jurisdiction: 'DE' }).reason).toBe('not_ready');
    expect(view.freshness.keyIsOld).toBe(true);
  });

  it('what was read before the topic began again', () => {
    say({ n: 1 });
    view.beginAgain();
    tell('build', { build: 5, epoch: 1 });
    beat();
    view.freshness.reachEnd();
    expect(may(1).reason).toBe('no_decision'); // their tombstone may be gone by now
  });

  it('the former key, policy or publication of everybody', () => {
    say({ n: 1 });
    beat({ completeUntil: new Date(now + 1).toISOString(), epoch: 2 });
    expect(may(1).reason).toBe('not_ready');
    expect(view.freshness.keyIsOld).toBe(true);
    beat({ completeUntil: new Date(now + 2).toISOString(), policyVersion: 2 });
    expect(may(1).reason).toBe('not_ready');
    tell('policy', { ...POLICY, policyVersion: 2 });
    expect(may(1).reason).toBe('given');
    tell('build', { build: 6, epoch: 1 });
    expect(may(1).reason).toBe('given'); // while it is under way, what stood before still does
    beat({ completeUntil: new Date(now + 3).toISOString(), policyVersion: 2, build: 6 });
    expect(may(1).reason).toBe('no_decision'); // everybody was published anew, and they were not among them
    say({ n: 1, build: 6 });
    expect(may(1).reason).toBe('given');
  });

  it('a heartbeat, or an end of a yes, that is no time', () => {
    say({ n: 1 });
    expect(() => say({ n: 1, version: 2, purposes: { news: held('given', { validUntil: 'soon' }) } })).toThrow('no time');
    expect(may(1)).toMatchObject({ allowed: false, reason: 'not_ready' });
    begin();
    say({ n: 1 });
    expect(() => beat({ completeUntil: 'now' })).toThrow('without a time');
    expect(may(1)).toMatchObject({ allowed: false, reason: 'not_ready' });
  });

  it('a record that is not understood: it may have been a no', () => {
    say({ n: 1 });
    expect(() => view.take({ key: keyOf('email|p1@example.com'), value: Buffer.from('{"v":2}') })).toThrow('newer SDK');
    expect(may(1).reason).toBe('not_ready');
  });
});

describe('memory', () => {
  it.each([{ stalenessMs: NaN }, { stalenessMs: 0 }, { maxSubjects: 0 }, { maxSubjects: NaN }, { maxKnownKeys: Infinity }])('and age have bounds: %j is none', (bound) => {
    const bounds = { stalenessMs: 30_000, maxSubjects: 1000, maxKnownKeys: 100, ...bound };
    expect(() => new ConsentView({ now: () => now, elapsed: () => elapsed, ...bounds })).toThrow(expect.objectContaining({ name: 'Malformed', code: 'option_invalid' }));
  });

  it('keeps no key of what is nobody’s, nor of what is longer than an identifier', () => {
    const keys = new KnownKeys(new KeyedHash(KEY), 'IN', 100);
    const long = `${' '.repeat(100_000)}ada@example.com`;
    expect([keys.of({ type: 'email', value: 'x'.repeat(100_000) }), keys.of({ type: 'email', value: long }).length, keys.size]).toEqual([INVALID, 4, 0]);
    expect([keys.of({ type: 'email', value: 'ada@example.com' }).length, keys.size]).toEqual([4, 1]);
  });

  it('is bounded: who was not asked for gives way, and is not taken for somebody unknown', () => {
    begin(100);
    for (let n = 0; n < 100; n += 1) say({ n });
    expect(may(500).reason).toBe('no_decision');
    for (let n = 0; n < 10; n += 1) expect(may(n).reason).toBe('given');
    for (let n = 100; n < 180; n += 1) say({ n });
    expect(view.people.size).toBe(100);
    for (let n = 0; n < 10; n += 1) expect(may(n).reason, String(n)).toBe('given');
    expect(may(500)).toMatchObject({ allowed: false, reason: 'not_in_memory' });
    expect(may(179).reason).toBe('given');
  });

  it('does not grow by people who come and go', () => {
    for (let round = 0; round < 50; round += 1) {
      for (let n = 0; n < 200; n += 1) say({ n: round * 1000 + n, purposes: { news: held('given'), analytics: held('refused') } });
      for (let n = 0; n < 200; n += 1) {
        for (const text of [`email|p${round * 1000 + n}@example.com`, `ref|${refOf(round * 1000 + n)}`]) view.take({ key: keyOf(text), value: null });
      }
    }
    expect(view.people.size).toBe(0);
    expect(view.people.bytes).toBeLessThan(400_000);
  });
});
