import { addDuration, loadSamplePack, SAMPLE_TENANTS } from '@heed/policy';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditSection, expiredBefore, ruleOf } from './audit-rule.js';

const UTC = { zone: 'UTC', weekend: new Set<number>(), isHoliday: () => false };
const at = (text: string): Date => new Date(text);

describe('how long records are kept', () => {
  it.each(SAMPLE_TENANTS)('is read from the pack of %s as the pack says it', (tenant) => {
    const pack = loadSamplePack(tenant);
    const audit = auditSection.parse(JSON.parse(JSON.stringify(pack.audit)));
    for (const { plan, keep } of pack.audit.plans) expect(ruleOf(audit, plan)).toMatchObject({ plan, keep });
    expect(ruleOf(audit)?.plan).toBe(pack.audit.defaultPlan.value);
  });

  it('is no rule where the operator has set a plan that the pack does not offer', () => {
    expect(ruleOf(auditSection.parse(JSON.parse(JSON.stringify(loadSamplePack('ajuni').audit))), 'starter')).toBeUndefined();
  });

  it('counts years and months by the calendar and days as days, to the millisecond', () => {
    expect(expiredBefore('P7Y', at('2026-11-21T10:00:00.000Z'))).toEqual(at('2019-11-21T10:00:00.001Z'));
    expect(expiredBefore('P13M', at('2026-11-21T10:00:00.000Z'))).toEqual(at('2025-10-21T10:00:00.001Z'));
    expect(expiredBefore('P90D', at('2026-11-21T10:00:00.000Z'))).toEqual(at('2026-08-23T10:00:00.001Z'));
  });

  it('lets nothing go early where months differ in length', () => {
    expect(expiredBefore('P1M', at('2026-02-28T10:00:00.000Z'))).toEqual(at('2026-01-28T10:00:00.001Z')); // the 28th at noon ends at noon
    expect(expiredBefore('P1M', at('2026-03-01T00:00:00.000Z'))).toEqual(at('2026-02-01T00:00:00.001Z')); // the 29th to the 31st ended yesterday
    expect(expiredBefore('P1M', at('2026-03-31T10:00:00.000Z'))).toEqual(at('2026-03-01T00:00:00.000Z'));
  });

  it('is the first moment that is not over, whatever the rule and the time', () => {
    const keep = fc.constantFrom('P7Y', 'P13M', 'P1M', 'P90D', 'P2Y', 'P18M', 'P1DT6H');
    const time = fc.date({ min: at('2000-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(keep, time, fc.integer({ min: 1, max: 40 * 86_400_000 }), (rule, now, earlier) => {
        const first = expiredBefore(rule, now);
        expect(addDuration(first, rule, UTC).getTime()).toBeGreaterThan(now.getTime());
        expect(addDuration(new Date(first.getTime() - earlier), rule, UTC).getTime()).toBeLessThanOrEqual(now.getTime());
      }),
    );
  });
});
