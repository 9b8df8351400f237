import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { CliError } from '../output/cli-error.js';

export interface RanTest {
  /** With the names of the blocks around it. */
  readonly name: string;
  /** From the folder that the command runs in. */
  readonly file: string;
  readonly status: 'passed' | 'failed' | 'not_run';
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** @throws CliError when there is no such report, or it is none */
export function readTestRun(path: string): RanTest[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CliError(`There is no test report at ${path}: run "npm test" first, or name one with --report.`, { cause });
  }
  try {
    return testsOf(JSON.parse(text) as VitestReport, process.cwd());
  } catch (cause) {
    throw new CliError(`${path} is not a JSON report of vitest.`, { cause });
  }
}

/** The tests of a report. Whatever did not run, under any of the runner's names for it, is `not_run`. */
export function testsOf(report: VitestReport, root: string): RanTest[] {
  return report.testResults.flatMap((file) =>
    file.assertionResults.map((test) => ({
      name: test.fullName,
      file: relative(root, file.name),
      status: test.status === 'passed' || test.status === 'failed' ? test.status : 'not_run',
    })),
  );
}
