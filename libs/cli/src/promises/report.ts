import { count, type JudgedPromise, type Judgement, type Verdict } from './judge.js';
import { ORGANISATIONAL } from './organisational.js';
import type { RanTest } from './test-run.js';

const WORDS: Readonly<Record<Verdict, string>> = {
  kept: 'kept',
  broken: '**broken**',
  unproven: 'its tests did not run',
  untested: 'no test yet',
};

const HEAD = `# Promises

Written by \`heed promises\` from the JSON report of the last test run, never by hand. A promise counts as kept only where a test that carries
its id in its name ran and passed, and none that carries it failed. Some promises are a matter of people, contracts or certificates
as much as of software: a test shows the part that Heed can keep, and the last column says which part people keep.
`;

/** \`docs/promises.md\`: without dates or durations, so that two runs with one result are one text. */
export function promisesReport({ promises, unknown }: Judgement): string {
  const policies = [...new Set(promises.map((promise) => promise.policy))];
  const of = (policy: string): JudgedPromise[] => promises.filter((promise) => promise.policy === policy);
  const overview = [...policies.map((policy) => [policy, of(policy)] as const), ['all', promises] as const].map(
    ([name, some]) => `| ${name} | ${some.length} | ${count(some, 'kept')} | ${count(some, 'broken')} | ${count(some, 'unproven')} | ${count(some, 'untested')} |`,
  );
  const sections = policies.map((policy) => `\n## ${policy}\n\n${table(of(policy))}\n`);
  return [
    HEAD,
    ['| policy | promises | kept | broken | not run | no test |', '| --- | ---: | ---: | ---: | ---: | ---: |', ...overview, ''].join('\n'),
    ...(unknown.length > 0 ? [`\nNamed by a test and promised by no policy: ${unknown.map(({ id, test }) => `${id} (${cite(test)})`).join('; ')}\n`] : []),
    ...sections,
  ].join('\n');
}

function table(promises: readonly JudgedPromise[]): string {
  const rows = promises.map(({ id, title, owner, group, verdict, tests }) => {
    const shown = verdict === 'broken' ? tests.filter((test) => test.status === 'failed') : tests;
    return `| ${id} | ${cell(title)} | ${owner} | ${group} | ${WORDS[verdict]} | ${shown.map(cite).join('<br>')} | ${ORGANISATIONAL[id] ?? ''} |`;
  });
  return ['| id | promise | owner | group | state | tests | kept by people |', '| --- | --- | --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function cite(test: RanTest): string {
  return `${cell(test.name)} ([${test.file.split('/').at(-1) ?? test.file}](../${test.file}))`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
}
