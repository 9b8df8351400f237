import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadPromises } from '@heed/policy';
import { Command } from 'commander';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine, table } from '../output/print.js';
import { count, judge } from '../promises/judge.js';
import { promisesReport } from '../promises/report.js';
import { readTestRun } from '../promises/test-run.js';
import { example, jsonOption } from './tenant-option.js';

interface Options {
  readonly report: string;
  readonly output: string;
  readonly json?: boolean;
}

export function promisesCommand(): Command {
  return new Command('promises')
    .description('which promises of the policies are kept, by the tests that ran and passed')
    .option('--report <file>', 'the JSON report of vitest', 'test-results/vitest.json')
    .option('--output <file>', 'the page to write', 'docs/promises.md')
    .addOption(jsonOption())
    .addHelpText('after', example('heed promises', 'heed promises --json'))
    .action((options: Options) => {
      const judgement = judge(loadPromises(), readTestRun(options.report));
      mkdirSync(dirname(options.output), { recursive: true });
      writeFileSync(options.output, promisesReport(judgement));
      const { promises, unknown } = judgement;
      const policies = [...new Set(promises.map((promise) => promise.policy))];
      const rows = [...policies, 'all'].map((name) => {
        const some = name === 'all' ? promises : promises.filter((promise) => promise.policy === name);
        return { policy: name, promises: some.length, kept: count(some, 'kept'), broken: count(some, 'broken'), unproven: count(some, 'unproven'), untested: count(some, 'untested') };
      });
      if (options.json === true) printJson({ counts: rows, promises, unknown });
      else {
        const head = ['policy', 'promises', 'kept', 'broken', 'not run', 'no test'];
        printLine(table(head, rows.map((row) => Object.values(row).map(String))));
        printLine(`\n${options.output} names the tests.`);
      }
      const stray = unknown[0];
      if (stray !== undefined) throw new CliError(`The test "${stray.test.name}" names ${stray.id}, which no policy promises.`);
    });
}
