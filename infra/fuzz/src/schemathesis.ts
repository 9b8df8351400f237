import { access, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from './run-command.js';

/** Pinned: what a later one generates is another test. */
export const SCHEMATHESIS = '4.32.5';

/** What is asked of every answer: no 5xx, and no status, header, content type or body that the document does not know. */
const CHECKS = ['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance', 'response_schema_conformance'];
const INSTALL_MS = 300_000;
/** Generating and shrinking go on for a while after the time that was given. */
const OVERTIME_MS = 120_000;

export interface Failure {
  readonly title: string;
  readonly count: number;
  readonly operations: readonly string[];
}

export interface Outcome {
  readonly cases: number;
  /** Called at least once, of how many. */
  readonly operations: { readonly tested: number; readonly selected: number };
  readonly failures: readonly Failure[];
  /** What the program printed of its findings, for whoever looks into one. */
  readonly output: string;
}

/** The part of its JSON report that is read here. */
interface Report {
  readonly operations: { readonly tested: number; readonly selected: number };
  readonly test_cases: { readonly generated: number };
  readonly failures: readonly Failure[];
  readonly errors: readonly unknown[];
}

/** The program in a virtual environment of its own, made once per machine. */
export async function installSchemathesis(cache: string): Promise<string> {
  const dir = path.join(cache, `schemathesis-${SCHEMATHESIS}`);
  const program = path.join(dir, 'bin', 'schemathesis');
  if (await access(program).then(() => true, () => false)) return program;
  await mkdir(cache, { recursive: true });
  await must('python3', ['-m', 'venv', '--clear', dir]);
  await must(path.join(dir, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', `schemathesis==${SCHEMATHESIS}`]);
  return program;
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(command, args, INSTALL_MS);
  if (code !== 0) throw new Error(`${command} ${args[0] ?? ''} failed (${code ?? 'ended'}): ${output.trim().split('\n').at(-1) ?? ''}`);
}

export interface Fuzzing {
  readonly program: string;
  readonly document: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly seconds: number;
  readonly seed: number;
  /** Where its JSON report is left. */
  readonly reportFile: string;
}

/** How often the time is doubled where it did not suffice to call every operation: on a busy machine it may not. */
const DOUBLINGS = 3;

/** Calls every documented operation with what a generator can think of, valid and not. */
export async function fuzz(options: Fuzzing): Promise<Outcome> {
  let outcome = await fuzzOnce(options);
  for (let i = 1; i <= DOUBLINGS && missed(outcome) > 0 && outcome.failures.length === 0; i += 1) {
    outcome = await fuzzOnce({ ...options, seconds: options.seconds * 2 ** i });
  }
  if (missed(outcome) === 0 || outcome.failures.length > 0) return outcome;
  return { ...outcome, failures: [{ title: 'operations that were not reached in time', count: missed(outcome), operations: [] }] };
}

const missed = ({ operations }: Outcome): number => operations.selected - operations.tested;

async function fuzzOnce(options: Fuzzing): Promise<Outcome> {
  const args = [
    // One worker: with several, CPython 3.11 loses count of its recursion while the program reads its own source.
    'run', options.document, '--no-color', '--workers', '1', '--max-time', String(options.seconds), '--seed', String(options.seed),
    '--generation-database', 'none', '--request-timeout', '20', '--continue-on-failure', '--checks', CHECKS.join(','),
    '--report', 'json', '--report-json-path', options.reportFile,
    ...Object.entries(options.headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
  ];
  const { code, output } = await runCommand(options.program, args, options.seconds * 1000 + OVERTIME_MS);
  const report = JSON.parse(await readFile(options.reportFile, 'utf8').catch(() => '{}')) as Partial<Report>;
  const failures = report.failures ?? [];
  const found = failures.map(({ title, count, operations }) => ({ title, count, operations }));
  const broken = code === 0 || found.length > 0 ? [] : [{ title: `schemathesis ended with ${code ?? 'a signal'}`, count: 1, operations: [] }];
  return { cases: report.test_cases?.generated ?? 0, operations: report.operations ?? { tested: 0, selected: 0 }, failures: [...found, ...broken], output: findingsIn(output) };
}

/** Between the summary of phases and the warnings; lines of a trace that quote whole files are cut. */
function findingsIn(output: string): string {
  const begin = output.search(/^=+ (FAILURES|ERRORS) =+$/m);
  const end = output.search(/^=+ (WARNINGS|SUMMARY) =+$/m);
  const lines = output.slice(Math.max(0, begin), end < 0 ? undefined : end).split('\n');
  return lines.map((line) => line.slice(0, 400)).slice(0, 300).join('\n');
}
