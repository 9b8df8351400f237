import { describe, expect, it } from 'vitest';
import { tallyReport, withoutHosts } from './results.js';

const file = (status: string, tests: Record<string, string>, message = ''): Parameters<typeof tallyReport>[0]['testResults'][number] => ({
  name: '/repo/a.unit.spec.ts',
  status,
  message,
  assertionResults: Object.entries(tests).map(([fullName, of]) => ({ fullName, status: of })),
});

describe('the summary of a run', () => {
  it('counts what passed and what failed', () => {
    const tally = tallyReport({ testResults: [file('passed', { a: 'passed', b: 'passed' }), file('failed', { c: 'failed', d: 'passed' })] });
    expect(tally).toEqual({ passed: 3, failed: 1, failures: ['failed: c'] });
  });

  it.each(['skipped', 'pending', 'todo', 'disabled'])('counts a test that is %s as a failure', (status) => {
    expect(tallyReport({ testResults: [file('passed', { a: status })] })).toMatchObject({ passed: 0, failed: 1, failures: ['not run: a'] });
  });

  it('counts a file that could not be loaded', () => {
    const tally = tallyReport({ testResults: [file('failed', {}, 'Cannot find module x\nat y')] });
    expect(tally.failures).toEqual(['failed: /repo/a.unit.spec.ts (Cannot find module x)']);
  });

  it('counts a failed file once when its tests say so already', () => {
    expect(tallyReport({ testResults: [file('failed', { a: 'failed' })] }).failed).toBe(1);
  });
});

describe('a log', () => {
  it('names no host but this one', () => {
    expect(withoutHosts('get https://mirror.example.org/a/b.tgz: 404')).toBe('get <url> 404');
    expect(withoutHosts('http://localhost.evil.example/x')).toBe('<url>');
    expect(withoutHosts('at http://127.0.0.1:4100/readyz and http://localhost')).toBe('at http://127.0.0.1:4100/readyz and http://localhost');
  });
});
