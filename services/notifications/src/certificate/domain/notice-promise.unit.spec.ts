import { loadSamplePack } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { isOpen, promiseOf } from './notice-promise.js';
import type { ToldNotice } from './notice-promise.js';

const announcedAt = new Date('2026-11-21T10:00:00Z');
const notice = (over: Partial<ToldNotice>): ToldNotice => ({
  promise: 'AJU-56', channels: ['email'], channelsNeeded: 'all', recipients: 2, delivered: 2, failed: 0, announcedAt, publishedAt: null,
  lastDelivery: new Date('2026-11-22T10:00:00Z'), effectiveFrom: new Date('2026-12-25T00:00:00Z'), endedAt: null, ...over,
});
const ajuni = (over: Partial<ToldNotice>) => promiseOf(notice(over), loadSamplePack('ajuni'));

describe('what became of a promised notice', () => {
  it('AJU-56: is kept where the change comes 30 days or more after the last delivery, and says how many', () => {
    expect(loadSamplePack('ajuni').notices.policyChange.leadTime?.value).toBe('P30D');
    expect(ajuni({})).toEqual({
      id: 'AJU-56', leadTime: 'P30D', countedFrom: 'delivery', from: '2026-11-22T10:00:00.000Z', earliest: '2026-12-22T10:00:00.000Z', daysGiven: 32, outcome: 'kept',
    });
    expect(ajuni({ effectiveFrom: new Date('2026-12-22T10:00:00Z') })).toMatchObject({ daysGiven: 30, outcome: 'kept' });
    expect(ajuni({ effectiveFrom: new Date('2026-12-22T09:59:59Z') })).toMatchObject({ daysGiven: 29, outcome: 'missed' });
  });

  it('AJU-56: is not kept by telling some of them', () => {
    expect(ajuni({ delivered: 1 })).toMatchObject({ from: null, daysGiven: null, outcome: 'running' });
    expect(ajuni({ delivered: 1, failed: 1, endedAt: new Date('2026-12-25T00:00:00Z') })).toMatchObject({ outcome: 'missed' });
    expect(ajuni({ recipients: 0, delivered: 0, lastDelivery: null, endedAt: new Date('2026-12-25T00:00:00Z') })).toMatchObject({ outcome: 'missed' });
  });

  it('ASK-23: is kept by either of two channels, before the change', () => {
    const either = notice({ promise: 'ASK-23', channels: ['email', 'console'], channelsNeeded: 'any', recipients: 1, delivered: 0, lastDelivery: null, publishedAt: announcedAt });
    const askasia = loadSamplePack('askasia');
    expect(promiseOf(either, askasia)).toMatchObject({ id: 'ASK-23', leadTime: null, from: announcedAt.toISOString(), earliest: null, outcome: 'kept' });
    expect(promiseOf({ ...either, effectiveFrom: new Date('2026-11-20T00:00:00Z') }, askasia)).toMatchObject({ daysGiven: 0, outcome: 'missed' });
  });

  it('is nothing to certify while it is on its way', () => {
    expect(isOpen(notice({ delivered: 1 }))).toBe(true);
    expect(isOpen(notice({ recipients: 0, delivered: 0 }))).toBe(true);
    expect([notice({}), notice({ delivered: 1, failed: 1 }), notice({ delivered: 1, endedAt: announcedAt })].map(isOpen)).toEqual([false, false, false]);
  });
});
