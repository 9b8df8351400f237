import { describe, expect, it } from 'vitest';
import { isClean, renderReport } from './report.js';
import type { RunReport } from './report.js';

const clean: RunReport = {
  at: new Date('2026-11-21T18:00:00Z'),
  seconds: 35,
  seed: 1,
  minutes: 7.25,
  callers: [
    { name: 'nobody', outcome: { cases: 200, operations: { tested: 63, selected: 63 }, failures: [], output: '' } },
    { name: 'dpo', outcome: { cases: 1300, operations: { tested: 63, selected: 63 }, failures: [], output: '' } },
  ],
  errors: [],
};
const failure = { title: 'Server error', count: 2, operations: ['POST /v1/holds', 'GET /v1/holds'] };
const [nobody, dpo] = clean.callers as [RunReport['callers'][number], RunReport['callers'][number]];

describe('the report of a run', () => {
  it('says how much was tried by whom, and that nothing was found', () => {
    const text = renderReport(clean);
    expect(text).toContain('**1500 calls by 2 callers, no finding.**');
    expect(text).toContain('| dpo | 63 of 63 | 1300 | 0 |');
    expect(text).not.toContain('## Findings');
    expect(isClean(clean)).toBe(true);
  });

  it('names what was found, where, and what the services themselves called an error', () => {
    const run = { ...clean, callers: [nobody, { ...dpo, outcome: { ...dpo.outcome, failures: [failure] } }], errors: ['{"service":"consent"}'] };
    expect(isClean(run)).toBe(false);
    expect(renderReport(run)).toContain('3 findings.**');
    expect(renderReport(run)).toContain('- dpo: Server error (2): `POST /v1/holds`, `GET /v1/holds`');
    expect(renderReport(run)).toContain('- logged as an error: {"service":"consent"}');
  });

  it('is not clean when only a service’s log tells of an error', () => {
    expect(isClean({ ...clean, errors: ['x'] })).toBe(false);
  });
});
