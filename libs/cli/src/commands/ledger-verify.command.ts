import { looksLikeCertificate, verifyCertificate } from '@heed/certificate';
import { describeReport, ledgerEvidence, parseStrictly, verifyEvidence, verifyExport } from '@heed/ledger';
import { Command } from 'commander';
import { readFileSync, statSync } from 'node:fs';
import { CliError, UsageError } from '../output/cli-error.js';
import { printJson, printLine, printRemark } from '../output/print.js';
import { example, jsonOption } from './tenant-option.js';

interface Options {
  readonly key?: string;
  readonly trusted?: string;
  readonly json?: boolean;
}

const TELL_EVERY = 100_000;

/** Offline: asks nobody, and believes nothing but the key. */
export function ledgerVerifyCommand(): Command {
  return new Command('verify')
    .description('verifies an exported ledger or a certificate, offline; exit code 1 with one line why not')
    .argument('<path>', 'the folder of an export, or the file of a certificate')
    .option('--key <file>', 'the ledger’s key, obtained otherwise than with the export')
    .option('--trusted <file>', 'a checkpoint kept from before, or got from somebody else: the export has to continue it')
    .addOption(jsonOption())
    .addHelpText('after', example('heed ledger verify ledger-consent --key consent.key --trusted last-year/checkpoint', 'heed ledger verify certificate.json --key dsar.key'))
    .action(async (path: string, options: Options) => {
      if (isFolder(path)) return verifyFolder(path, options);
      if (options.trusted !== undefined) throw new UsageError('--trusted goes with an exported ledger; a certificate is verified with --key.');
      verifyFile(path, options);
    });
}

async function verifyFolder(path: string, { key, trusted, json }: Options): Promise<void> {
  const report = await verifyExport(path, {
    ...(key === undefined ? {} : { vkeys: textOf(key) }),
    ...(trusted === undefined ? {} : { trusted: textOf(trusted) }),
    progress: (phase, done, total) => {
      if (total > TELL_EVERY && done % TELL_EVERY === 0) printRemark(`  ${phase}: ${done} of ${total}`);
    },
  });
  if (json === true) printJson(report);
  if (!report.verified) throw new CliError(`NOT VERIFIED (${report.finding?.code ?? ''}): ${report.finding?.message ?? ''}`);
  if (json !== true) for (const line of describeReport(report)) printLine(line);
}

/** A certificate with its evidence, or a piece of evidence alone. */
export function verifyFile(path: string, { key, json }: Options): void {
  const document = parsed(path);
  const keys = key === undefined ? [] : linesOf(textOf(key));
  if (looksLikeCertificate(document)) return verifyCertificateOf(document, keys, json);
  const evidence = ledgerEvidence.safeParse(document);
  if (!evidence.success) throw new CliError(`${path} is neither a certificate nor a piece of a ledger’s evidence.`);
  const [vkey] = keys;
  if (vkey === undefined) throw new UsageError('A piece of evidence alone is verified with the ledger’s key: --key.');
  const { origin, size } = verifyEvidence(evidence.data, vkey);
  const { record, index } = evidence.data;
  if (json === true) printJson({ verified: true, origin, size, index, record });
  else printLine(`VERIFIED: ${record.kind} ${record.id} of ${record.at} is record ${index} of ${origin}, which had ${size} then.`);
}

function verifyCertificateOf(document: unknown, keys: readonly string[], json: boolean | undefined): void {
  const report = verifyCertificate(document, { keys });
  if (json === true) printJson(report);
  const wrong = report.findings.filter(({ ok }) => !ok);
  if (!report.ok) throw new CliError(`NOT VERIFIED: ${wrong.map(({ what, why }) => `${what}: ${why}`).join('; ')}`);
  if (json === true) return;
  printLine(`VERIFIED: certificate ${report.id ?? ''} (${report.kind ?? ''}) of ${report.tenant ?? ''}, issued ${report.issuedAt ?? ''}`);
  for (const { what, why } of report.findings) printLine(`  ✓ ${what}: ${why}`);
  for (const limit of report.limits) printLine(`Not verified: ${limit}`);
}

const linesOf = (text: string): readonly string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));

function parsed(path: string): unknown {
  try {
    return parseStrictly(textOf(path));
  } catch (error) {
    if (error instanceof SyntaxError) throw new CliError(`${path} is no JSON.`, { cause: error });
    throw error;
  }
}

function isFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new CliError(`There is no ${path}.`);
  return found.isDirectory();
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(`${file} cannot be read.`, { cause });
  }
}
