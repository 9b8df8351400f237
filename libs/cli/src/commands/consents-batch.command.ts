import { Command } from 'commander';
import { createReadStream } from 'node:fs';
import { once } from 'node:events';
import { linesIn } from '../consents/result-lines.js';
import type { LineResult } from '../consents/result-lines.js';
import { CliError, UsageError } from '../output/cli-error.js';
import { Progress } from '../output/progress.js';
import { connect } from '../system/api.js';
import { example, tenantOption } from './tenant-option.js';

interface BatchOptions {
  readonly tenant: string;
  readonly dryRun?: boolean;
  readonly onlyChanges?: boolean;
}

export function consentsBatchCommand(): Command {
  return new Command('batch')
    .description('send decisions and withdrawals as they stand in an NDJSON file, and print the result of each')
    .argument('<file>', 'one JSON object a line, each with an id; "-" reads standard input')
    .option('-n, --dry-run', 'record nothing')
    .option('--only-changes', 'do not write a decision again that holds already')
    .addOption(tenantOption())
    .addHelpText('after', example('heed consents batch decisions.ndjson > results.ndjson'))
    .action(sendBatch);
}

const DONE: readonly LineResult['status'][] = ['recorded', 'duplicate', 'valid'];

async function sendBatch(file: string, { tenant, dryRun, onlyChanges }: BatchOptions): Promise<void> {
  const api = await connect(tenant, ['platform']);
  const body = file === '-' ? process.stdin : createReadStream(file);
  if (file !== '-') await once(body, 'open').catch((cause: Error) => Promise.reject(new UsageError(`${file} cannot be read: ${cause.message}`, { cause })));
  const answer = await api.stream(`/v1/consents/batch?dryRun=${String(dryRun === true)}&onlyChanges=${String(onlyChanges === true)}`, body);
  const progress = new Progress('lines', process.stderr.isTTY && !process.stdout.isTTY);
  let [count, undone] = [0, 0];
  try {
    for await (const line of linesIn(answer)) {
      if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
      if (!DONE.includes((JSON.parse(line) as LineResult).status)) undone += 1;
      progress.tell((count += 1));
    }
  } catch (cause) {
    throw new CliError(`The connection broke off after ${count} lines. Send the same file again: what was recorded is not done twice.`, { cause });
  } finally {
    progress.end();
  }
  if (!body.readableEnded) throw new CliError(`Heed stopped after ${count} lines. Send the same file again: what was recorded is not done twice.`);
  if (undone > 0) throw new CliError(`${undone} of ${count} lines were not recorded.`);
}
