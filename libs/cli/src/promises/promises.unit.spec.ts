import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPromises } from '@heed/policy';
import { describe, expect, it } from 'vitest';
import { judge, type JudgedPromise } from './judge.js';
import { ORGANISATIONAL } from './organisational.js';
import { promisesReport } from './report.js';
import { readTestRun, testsOf } from './test-run.js';

/** A report as vitest writes it: names and states of the tests of one file. */
const report = (tests: Record<string, string>): Parameters<typeof testsOf>[0] => ({
  testResults: [{ name: '/repo/services/dsar/test/cases.int.spec.ts', assertionResults: Object.entries(tests).map(([fullName, status]) => ({ fullName, status })) }],
});
const judged = (tests: Record<string, string>) => judge(loadPromises(), testsOf(report(tests), '/repo'));
const verdict = (id: string, tests: Record<string, string>): JudgedPromise['verdict'] | undefined =>
  judged(tests).promises.find((promise) => promise.id === id)?.verdict;

// Made of parts, so that the names of these very tests, and those they hand in, are no evidence themselves.
const ID = ['AJU', '40'].join('-');
const OTHER = ['AUR', '30'].join('-');

describe('a promise', () => {
  it('is kept by a test that names it and passed', () => {
    expect(verdict(ID, { [`a case ${ID}: is closed in time`]: 'passed' })).toBe('kept');
  });

  it('is broken as soon as one of its tests failed', () => {
    expect(verdict(ID, { [`${ID}: closed in time`]: 'passed', [`${ID}: extended once`]: 'failed' })).toBe('broken');
  });

  it.each(['skipped', 'pending', 'todo'])('is unproven when its only test is %s', (status) => {
    expect(verdict(ID, { [`${ID}: closed in time`]: status })).toBe('unproven');
  });

  it('is kept when one test passed and another did not run', () => {
    expect(verdict(ID, { [`${ID}: closed in time`]: 'passed', [`${ID}: extended once`]: 'skipped' })).toBe('kept');
  });

  it('is untested where no test names it, whatever else passed', () => {
    expect(verdict(ID, { 'closes a case in time': 'passed', [`${OTHER}: stops at a hold`]: 'passed' })).toBe('untested');
  });

  it('may share a test with another', () => {
    const tests = { [`${ID} and ${OTHER}: a held case stays in time`]: 'passed' };
    expect([verdict(ID, tests), verdict(OTHER, tests)]).toEqual(['kept', 'kept']);
  });

  it('is not named by a longer number or another word', () => {
    expect(verdict(ID, { [`${ID}7: x`]: 'passed', [`X${ID}: y`]: 'passed' })).toBe('untested');
  });
});

describe('an id that no policy has', () => {
  it('is reported, where it looks like one of theirs', () => {
    const { unknown } = judged({ [`${['AJU', '99'].join('-')}: mistyped`]: 'passed', 'reads ISO-27 and SHA-25': 'passed' });
    expect(unknown.map((of) => of.id)).toEqual([['AJU', '99'].join('-')]);
  });
});

describe('the page', () => {
  const page = promisesReport(judged({ [`${ID}: closed in | time`]: 'passed', [`${OTHER}: stops at a hold`]: 'failed' }));

  it('names the tests of each promise, and what is missing', () => {
    expect(page).toContain(`| ${ID} | Requests are resolved within 30 days | dsar | G20 | kept | ${ID}: closed in \\| time ([cases.int.spec.ts](../services/dsar/test/cases.int.spec.ts)) |  |`);
    expect(page).toMatch(new RegExp(`^\\| ${OTHER} \\| .* \\| \\*\\*broken\\*\\* \\|`, 'm'));
    expect(page).toMatch(/^\| AJU-41 \| .* \| no test yet \| {2}\| {2}\|$/m);
  });

  it('says which part is kept by people, of promises that there are', () => {
    expect(page).toMatch(/^\| AJU-50 \| .* \| the decisions of a review \|$/m);
    const promised = new Set(loadPromises().map((promise) => promise.id));
    expect(Object.keys(ORGANISATIONAL).filter((id) => !promised.has(id))).toEqual([]);
  });

  it('counts every promise of every policy', () => {
    expect(page).toContain('| all | 149 | 1 | 1 | 0 | 147 |');
  });
});

describe('a report', () => {
  it('that is missing or no report is refused in one line', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'heed-promises-')), 'report.json');
    expect(() => readTestRun(file)).toThrow(/run "npm test" first/);
    writeFileSync(file, '{"testResults":1}');
    expect(() => readTestRun(file)).toThrow(/not a JSON report/);
  });
});
