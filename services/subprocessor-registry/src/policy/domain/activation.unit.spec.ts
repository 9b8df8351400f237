import { loadSamplePack } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { decideActivation } from './activation.js';
import type { AnnouncedVersion } from './activation.js';

const DAY = 86_400_000;
const published = new Date('2026-11-21T10:00:00Z');
const after = (days: number): Date => new Date(published.getTime() + days * DAY);
const version = (over: Partial<AnnouncedVersion>): AnnouncedVersion => ({
  effectiveFrom: after(30),
  publishedAt: published,
  notice: { recipients: 2, delivered: 2, lastDeliveredAt: published },
  rules: loadSamplePack('ajuni'),
  ...over,
});

describe('a version with a promised lead time', () => {
  it('takes effect at its date when everybody had the notice that long', () => {
    expect(decideActivation(version({}), after(29))).toEqual({ is: 'waiting_for_date' });
    expect(decideActivation(version({}), after(30))).toEqual({ is: 'activated' });
  });

  it('waits while one recipient has no notice, and while there is no recipient at all', () => {
    const one = { recipients: 2, delivered: 1, lastDeliveredAt: published };
    expect(decideActivation(version({ notice: one }), after(90))).toEqual({ is: 'waiting_for_delivery' });
    const none = { recipients: 0, delivered: 0, lastDeliveredAt: undefined };
    expect(decideActivation(version({ notice: none }), after(90))).toEqual({ is: 'waiting_for_delivery' });
  });

  it('AJU-56: is postponed to 30 days after the last delivery', () => {
    const late = { recipients: 2, delivered: 2, lastDeliveredAt: after(12) };
    expect(decideActivation(version({ notice: late }), after(13))).toEqual({ is: 'postponed', effectiveFrom: after(42), promise: 'AJU-56' });
    expect(decideActivation(version({ notice: late, effectiveFrom: after(42) }), after(42))).toEqual({ is: 'activated' });
  });

  it('needs no delivery for a change that nobody must be told of', () => {
    expect(decideActivation(version({ notice: undefined, effectiveFrom: published }), published)).toEqual({ is: 'activated' });
  });
});

it('a version without a promised lead time takes effect at its date, whoever has been told', () => {
  const rules = loadSamplePack('auronx');
  const nobody = { recipients: 0, delivered: 0, lastDeliveredAt: undefined };
  expect(decideActivation(version({ rules, notice: nobody, effectiveFrom: after(1) }), after(0.5))).toEqual({ is: 'waiting_for_date' });
  expect(decideActivation(version({ rules, notice: nobody, effectiveFrom: after(1) }), after(1))).toEqual({ is: 'activated' });
});
