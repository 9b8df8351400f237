import { beforeEach, describe, expect, it } from 'vitest';
import { held, KEY, keyOf, POLICY, refOf, ViewBed } from '../../test/view-bed.js';
import { byEmail } from '../subject.js';
import { ConsentView } from './consent-view.js';
import { KeyedHash } from './keyed-hash.js';
import { INVALID, KnownKeys } from './known-keys.js';

let bed: ViewBed;

beforeEach(() => {
  bed = new ViewBed();
});

describe('an answer', () => {
  it('is what the person decided, by whichever identifier or ref', () => {
    const news = held('given', { validUntil: new Date(bed.now + 1000).toISOString() });
    bed.say({ n: 1, texts: ['email|p1@example.com', 'phone|+919876543210'], purposes: { news } });
    expect(bed.may(1)).toEqual({ allowed: true, purpose: 'news', basis: 'consent', reason: 'given', recordId: news.recordId, asOf: new Date(bed.now).toISOString(), stale: false });
    expect(bed.view.may({ identifiers: [{ type: 'phone', value: '098765 43210' }] }, 'news').allowed).toBe(true);
    expect(bed.view.may({ ref: refOf(1) }, 'news').allowed).toBe(true);
    bed.now += 1000;
    expect(bed.may(1)).toMatchObject({ allowed: false, reason: 'expired', recordId: news.recordId });
  });

  it('is no by default, for never-purposes, unknown purposes and places, and what cannot be an identifier', () => {
    expect(bed.may(1)).toMatchObject({ allowed: false, reason: 'no_decision', basis: 'consent' });
    expect(bed.may(1, 'sale')).toMatchObject({ allowed: false, reason: 'never_purpose', promise: 'AJU-03' });
    expect(bed.may(1, 'shopping')).toMatchObject({ allowed: false, reason: 'purpose_unknown' });
    expect(bed.may(1, 'news', { jurisdiction: 'BR' })).toMatchObject({ allowed: false, reason: 'no_basis_in_jurisdiction' });
    expect(bed.view.may(byEmail('nobody'), 'news')).toMatchObject({ allowed: false, reason: 'identifier_invalid' });
  });

  it('for nobody, or for what names nobody, is no, also where only an objection would count', () => {
    const refused = { allowed: false, reason: 'identifier_invalid' };
    const eu = { jurisdiction: 'DE' };
    expect(bed.view.may({ identifiers: [] }, 'security', eu)).toMatchObject(refused);
    expect(bed.view.may({ ref: 'sub_1' }, 'security', eu)).toMatchObject(refused);
    expect(bed.view.may({ identifiers: [{ type: 'email', value: undefined as unknown as string }] }, 'security', eu)).toMatchObject(refused);
    bed.say({ n: 7 });
    expect(bed.view.may({ identifiers: [{ type: 'ref', value: refOf(7) }] }, 'news')).toMatchObject(refused);
  });

  it('of a legitimate interest is yes until somebody objects', () => {
    expect(bed.may(1, 'security', { jurisdiction: 'DE' })).toMatchObject({ allowed: true, basis: 'legitimate_interest' });
    bed.say({ n: 1, purposes: { security: held('objected') } });
    expect(bed.may(1, 'security', { jurisdiction: 'DE' })).toMatchObject({ allowed: false, reason: 'objected' });
    expect(bed.may(1, 'security')).toMatchObject({ allowed: true, basis: 'legitimate_use' });
  });

  it('for identifiers of several people is the strictest of them', () => {
    bed.say({ n: 1 });
    bed.say({ n: 2, purposes: { news: held('withdrawn') } });
    bed.say({ n: 3, purposes: {} });
    const both = (a: number, b: number) => bed.view.may({ identifiers: [a, b].map((n) => ({ type: 'email', value: `p${n}@example.com` })) }, 'news');
    expect(both(1, 2).reason).toBe('withdrawn');
    expect(both(1, 3).reason).toBe('no_decision');
    expect(both(1, 9).reason).toBe('given'); // who is unknown decided nothing against it, as the service has it
  });

  it('on a branded domain is what was decided there', () => {
    bed.say({ n: 1, purposes: { news: held('given') }, domains: { 'shop.example.com': { news: held('refused') } } });
    expect([bed.may(1).reason, bed.may(1, 'news', { domain: 'shop.example.com' }).reason, bed.may(1, 'news', { domain: 'other.example.com' }).reason]).toEqual(['given', 'refused', 'no_decision']);
    expect(bed.may(1, 'news', { domain: 'SHOP.Example.com' }).reason).toBe('refused');
    expect(['localhost', '192.0.2.1', 'shop example.com', ''].map((domain) => bed.may(1, 'news', { domain }).reason)).toEqual(Array(4).fill('domain_invalid'));
  });

  it('on a branded domain is the no that named none, where nothing was decided there', () => {
    const domains = { 'shop.example.com': { news: held('given'), security: held('given') } };
    bed.say({ n: 1, purposes: { news: held('withdrawn'), security: held('objected') }, domains });
    bed.say({ n: 2, purposes: { news: held('invalidated') }, domains: { 'other.example.com': { survey: held('refused') } } });
    const asked = ['shop.example.com', 'other.example.com', 'unheard.example.com'].map((domain) => [bed.may(1, 'news', { domain }).reason, bed.may(1, 'security', { domain, jurisdiction: 'DE' }).reason]);
    expect(asked).toEqual([['given', 'basis_without_consent'], ['withdrawn', 'objected'], ['withdrawn', 'objected']]);
    expect(bed.may(2, 'news', { domain: 'other.example.com' }).reason).toBe('no_decision'); // a yes that ended is no no
  });

  it('finds numbers without a country code by the country of the policy in force', () => {
    bed.say({ n: 1, texts: ['phone|+4930123456'] });
    const ask = () => bed.view.may({ identifiers: [{ type: 'phone', value: '030 123456' }] }, 'news').reason;
    expect(ask()).not.toBe('given');
    bed.tell('policy', { ...POLICY, policyVersion: 2, country: 'DE' });
    expect(ask()).toBe('given');
  });

  it('of a child is no to whatever follows or targets; who may be one is left alone', () => {
    const purposes = { news: held('given'), survey: held('given') };
    bed.say({ n: 1, age: { atLeast: 16 }, purposes });
    bed.say({ n: 2, age: { atLeast: null }, purposes });
    const asked = ['news', 'advice', 'service', 'survey'] as const;
    expect(asked.map((purpose) => bed.may(1, purpose).reason)).toEqual(['child', 'child', 'basis_without_consent', 'given']);
    expect(asked.map((purpose) => bed.may(2, purpose).reason)).toEqual(['age_unverified', 'age_unverified', 'basis_without_consent', 'age_unverified']);
    expect([bed.may(1).promise, bed.may(2, 'survey').promise]).toEqual(['AJU-25', 'AJU-24']);
    expect(bed.may(1, 'news', { jurisdiction: 'DE' }).reason).toBe('given'); // grown up there
  });

  it('follows what is told later, but nothing older that is told again', () => {
    bed.say({ n: 1, version: 1 });
    bed.say({ n: 1, version: 2, purposes: { news: held('withdrawn') } });
    bed.say({ n: 1, version: 1 });
    expect(bed.may(1).reason).toBe('withdrawn');
  });

  it('keeps an age that was told without another version, whatever comes late', () => {
    bed.say({ n: 1, at: '2026-11-22T01:00:00Z' });
    bed.say({ n: 1, at: '2026-11-22T01:00:02Z', age: { atLeast: 12 } });
    bed.say({ n: 1, at: '2026-11-22T01:00:00Z' });
    expect(bed.may(1).reason).toBe('child');
  });

  it('brings nobody back by a record from before their tombstone; a later one does', () => {
    const gone = (): void => [`email|p1@example.com`, `ref|${refOf(1)}`].forEach((text) => bed.view.take({ key: keyOf(text), value: null }));
    bed.say({ n: 1, version: 3 });
    gone();
    bed.say({ n: 1, version: 3 });
    bed.say({ n: 1, version: 2 });
    expect(bed.may(1).reason).toBe('no_decision');
    expect(bed.view.people.size).toBe(0);
    bed.say({ n: 1, version: 4 });
    expect(bed.may(1).reason).toBe('given');
    gone();
    bed.say({ n: 2, texts: ['email|p1@example.com'] }); // somebody else, by the same address
    expect(bed.may(1).reason).toBe('given');
  });

  it('follows an identifier to whom it leads now, and to nobody where it was taken off', () => {
    bed.say({ n: 1 });
    bed.say({ n: 2, texts: ['email|p1@example.com'], purposes: { news: held('refused') } });
    expect(bed.may(1).reason).toBe('refused');
    bed.view.take({ key: keyOf('email|p1@example.com'), value: null });
    expect(bed.may(1).reason).toBe('no_decision');
  });
});

describe('memory', () => {
  it.each([{ stalenessMs: NaN }, { stalenessMs: 0 }, { maxSubjects: 0 }, { maxSubjects: NaN }, { maxKnownKeys: Infinity }])('and age have bounds: %j is none', (bound) => {
    const bounds = { stalenessMs: 30_000, maxSubjects: 1000, maxKnownKeys: 100, ...bound };
    expect(() => new ConsentView({ now: () => bed.now, elapsed: () => bed.elapsed, ...bounds })).toThrow(expect.objectContaining({ name: 'Malformed', code: 'option_invalid' }));
  });

  it('keeps no key of what is nobody’s, nor of what is longer than an identifier', () => {
    const keys = new KnownKeys(new KeyedHash(KEY), 'IN', 100);
    const long = `${' '.repeat(100_000)}ada@example.com`;
    expect([keys.of({ type: 'email', value: 'x'.repeat(100_000) }), keys.of({ type: 'email', value: long }).length, keys.size]).toEqual([INVALID, 4, 0]);
    expect([keys.of({ type: 'email', value: 'ada@example.com' }).length, keys.size]).toEqual([4, 1]);
  });

  it('is bounded: who was not asked for gives way, and is not taken for somebody unknown', () => {
    bed.begin(100);
    for (let n = 0; n < 100; n += 1) bed.say({ n });
    expect(bed.may(500).reason).toBe('no_decision');
    for (let n = 0; n < 10; n += 1) expect(bed.may(n).reason).toBe('given');
    for (let n = 100; n < 180; n += 1) bed.say({ n });
    expect(bed.view.people.size).toBe(100);
    for (let n = 0; n < 10; n += 1) expect(bed.may(n).reason, String(n)).toBe('given');
    expect(bed.may(500)).toMatchObject({ allowed: false, reason: 'not_in_memory' });
    expect(bed.may(179).reason).toBe('given');
  });

  it('does not grow by people who come and go', () => {
    for (let round = 0; round < 50; round += 1) {
      for (let n = 0; n < 200; n += 1) bed.say({ n: round * 1000 + n, purposes: { news: held('given'), analytics: held('refused') } });
      for (let n = 0; n < 200; n += 1) {
        for (const text of [`email|p${round * 1000 + n}@example.com`, `ref|${refOf(round * 1000 + n)}`]) bed.view.take({ key: keyOf(text), value: null });
      }
    }
    expect(bed.view.people.size).toBe(0);
    expect(bed.view.people.bytes).toBeLessThan(400_000);
  });
});
