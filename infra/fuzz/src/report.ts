import { SCHEMATHESIS } from './schemathesis.js';
import type { Outcome } from './schemathesis.js';

export interface RunReport {
  readonly at: Date;
  readonly seconds: number;
  readonly seed: number;
  readonly minutes: number;
  readonly callers: readonly { readonly name: string; readonly outcome: Outcome }[];
  /** Lines of the services' own logs with the level error; a healthy service writes none. */
  readonly errors: readonly string[];
}

export const isClean = (run: RunReport): boolean => run.errors.length === 0 && run.callers.every(({ outcome }) => outcome.failures.length === 0);

/** `docs/fuzz.md`: the last run and what came of it. */
export function renderReport(run: RunReport): string {
  const cases = run.callers.reduce((sum, { outcome }) => sum + outcome.cases, 0);
  const rows = run.callers.map(({ name, outcome }) => `| ${name} | ${outcome.operations.tested} of ${outcome.operations.selected} | ${outcome.cases} | ${total(outcome)} |`);
  return [
    '# Fuzzing the API',
    '',
    'Written by `npm run fuzz`; do not edit. It starts the whole system on free ports in a folder of its own, takes a token for every role,',
    'and lets [schemathesis](https://schemathesis.readthedocs.io) call every operation of the merged OpenAPI document with valid and invalid',
    'input: examples, boundary values, random data, and sequences in which one answer feeds the next call. A finding is a 5xx, or an answer',
    'whose status, content type, headers or body the document does not know. Rate limits are raised for the run; everything else is as in `npm start`.',
    '',
    `Last run: ${run.at.toISOString().slice(0, 10)}, schemathesis ${SCHEMATHESIS}, seed ${run.seed}, ${run.seconds} s or more for each caller, ${run.minutes.toFixed(1)} minutes in all.`,
    `**${cases} calls by ${run.callers.length} callers, ${findings(run)}.**`,
    '',
    '| caller | operations | calls | findings |',
    '| --- | --: | --: | --: |',
    ...rows,
    '',
    ...(isClean(run) ? [] : ['## Findings', '', ...details(run), '']),
  ].join('\n');
}

const total = (outcome: Outcome): number => outcome.failures.reduce((sum, failure) => sum + failure.count, 0);

function findings(run: RunReport): string {
  const count = run.callers.reduce((sum, { outcome }) => sum + total(outcome), 0) + run.errors.length;
  return count === 0 ? 'no finding' : count === 1 ? 'one finding' : `${count} findings`;
}

function details(run: RunReport): string[] {
  const perCaller = run.callers.flatMap(({ name, outcome }) =>
    outcome.failures.map(({ title, count, operations }) => `- ${name}: ${title} (${count}): ${operations.map((operation) => `\`${operation}\``).join(', ')}`),
  );
  return [...perCaller, ...run.errors.map((line) => `- logged as an error: ${line}`)];
}
