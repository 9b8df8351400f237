import { beforeEach, describe, expect, it } from 'vitest';
import { held, KEY, keyOf, POLICY, ViewBed } from '../../test/view-bed.js';
import { byEmail } from '../subject.js';

let bed: ViewBed;

beforeEach(() => {
  bed = new ViewBed();
});

describe('nothing is answered from', () => {
  it('memory before everybody was read: not from where they begin, not up to where the topic ended, not under another key', () => {
    for (const missing of ['key', 'build', 'heartbeat', 'end']) {
      bed.view = bed.make();
      if (missing !== 'key') bed.view.use({ key: KEY.toString('base64url'), epoch: 1, policy: POLICY });
      else bed.tell('policy', POLICY);
      bed.say({ n: 1 });
      if (missing !== 'build') bed.tell('build', { build: 5, epoch: 1 });
      if (missing !== 'heartbeat') bed.beat();
      if (missing !== 'end') bed.view.freshness.reachEnd();
      expect(bed.may(1), missing).toMatchObject({ allowed: false, reason: 'not_ready' });
    }
    expect(bed.make().may(byEmail('p1@example.com'), 'news').reason).toBe('not_ready');
  });

  it('what is older than the bound, by this clock or since it was heard', () => {
    bed.say({ n: 1 });
    bed.now += 30_001;
    expect(bed.may(1)).toMatchObject({ allowed: false, reason: 'stale', stale: true });
    expect(bed.may(1, 'security')).toMatchObject({ allowed: false, reason: 'stale' }); // the policy may be another by now
    bed.beat();
    expect(bed.may(1).allowed).toBe(true);
    expect(bed.may(1, 'security').allowed).toBe(true);
    bed.elapsed += 30_001; // a clock that stands still does not make it younger
    expect(bed.may(1).reason).toBe('stale');
  });

  it('the beginning of what came while nothing was read, by a clock that is behind: not before its end is reached', () => {
    bed.say({ n: 1 });
    bed.elapsed += 3_600_000;
    bed.now += 100; // so slow is it
    bed.beat();
    expect(bed.may(1)).toMatchObject({ allowed: false, reason: 'stale' });
    bed.view.freshness.reachEnd();
    expect(bed.may(1).allowed).toBe(true);
  });

  it('a heartbeat that is sent a second time, late: neither its key nor its policy counts', () => {
    bed.say({ n: 1 });
    bed.beat({ completeUntil: new Date(bed.now - 1).toISOString(), epoch: 2, build: 4, policyVersion: 7 });
    expect(bed.may(1).allowed).toBe(true);
    expect(bed.view.freshness.keyIsOld).toBe(false);
  });

  it('the former key from where people begin to be published under another', () => {
    expect(bed.may(1, 'security', { jurisdiction: 'DE' }).allowed).toBe(true);
    bed.tell('build', { build: 6, epoch: 2 }); // tombstones under the former key follow: perhaps of an objection
    expect(bed.may(1, 'security', { jurisdiction: 'DE' }).reason).toBe('not_ready');
    expect(bed.view.freshness.keyIsOld).toBe(true);
  });

  it('what was read before the topic began again', () => {
    bed.say({ n: 1 });
    bed.view.beginAgain();
    bed.tell('build', { build: 5, epoch: 1 });
    bed.beat();
    bed.view.freshness.reachEnd();
    expect(bed.may(1).reason).toBe('no_decision'); // their tombstone may be gone by now
  });

  it('the former key, policy or publication of everybody', () => {
    bed.say({ n: 1 });
    bed.beat({ completeUntil: new Date(bed.now + 1).toISOString(), epoch: 2 });
    expect(bed.may(1).reason).toBe('not_ready');
    expect(bed.view.freshness.keyIsOld).toBe(true);
    bed.beat({ completeUntil: new Date(bed.now + 2).toISOString(), policyVersion: 2 });
    expect(bed.may(1).reason).toBe('not_ready');
    bed.tell('policy', { ...POLICY, policyVersion: 2 });
    expect(bed.may(1).reason).toBe('given');
    bed.tell('build', { build: 6, epoch: 1 });
    expect(bed.may(1).reason).toBe('given'); // while it is under way, what stood before still does
    bed.beat({ completeUntil: new Date(bed.now + 3).toISOString(), policyVersion: 2, build: 6 });
    expect(bed.may(1).reason).toBe('no_decision'); // everybody was published anew, and they were not among them
    bed.say({ n: 1, build: 6 });
    expect(bed.may(1).reason).toBe('given');
  });

  it('a heartbeat, or an end of a yes, that is no time', () => {
    bed.say({ n: 1 });
    expect(() => bed.say({ n: 1, version: 2, purposes: { news: held('given', { validUntil: 'soon' }) } })).toThrow('no time');
    expect(bed.may(1)).toMatchObject({ allowed: false, reason: 'not_ready' });
    bed.begin();
    bed.say({ n: 1 });
    expect(() => bed.beat({ completeUntil: 'now' })).toThrow('without a time');
    expect(bed.may(1)).toMatchObject({ allowed: false, reason: 'not_ready' });
  });

  it('a record that is not understood: it may have been a no', () => {
    bed.say({ n: 1 });
    expect(() => bed.view.take({ key: keyOf('email|p1@example.com'), value: Buffer.from('{"v":2}') })).toThrow('newer SDK');
    expect(bed.may(1).reason).toBe('not_ready');
  });
});
