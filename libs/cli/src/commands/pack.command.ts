import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { diffPacks, explainPack, formatPackIssue, parsePack, type PolicyPack } from '@heed/policy';
import { Command } from 'commander';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine } from '../output/print.js';
import { connect } from '../system/api.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

interface JsonOption {
  readonly json?: boolean;
}

export function packCommand(): Command {
  return new Command('pack')
    .description('policy packs: check, compare, explain, apply')
    .addHelpText('after', example('heed pack check infra/policy-packs/ajuni.yaml'))
    .addCommand(check())
    .addCommand(diff())
    .addCommand(explain())
    .addCommand(apply());
}

function check(): Command {
  return new Command('check')
    .description('read a pack and name the line of every mistake')
    .argument('<file>')
    .addOption(jsonOption())
    .addHelpText('after', example('heed pack check infra/policy-packs/ajuni.yaml'))
    .action((file: string, options: JsonOption) => {
      const parsed = parsePack(readPack(file), { file });
      if (options.json === true) printJson(parsed.ok ? { ok: true } : { ok: false, issues: parsed.issues });
      else if (parsed.ok) printLine(`${file} is a policy pack of ${parsed.pack.tenant.name}: ${parsed.pack.purposes.length} purposes, ${parsed.pack.promises.length} promises.`);
      if (parsed.ok) return;
      const lines = parsed.issues.map(formatPackIssue);
      if (options.json !== true) for (const line of lines) printLine(line);
      throw new CliError(`${file} has ${lines.length} ${lines.length === 1 ? 'mistake' : 'mistakes'}.`);
    });
}

function diff(): Command {
  return new Command('diff')
    .description('what a new version changes, and what of it people must be told')
    .argument('<before>')
    .argument('<after>')
    .addOption(jsonOption())
    .addHelpText('after', example('heed pack diff old.yaml new.yaml'))
    .action((before: string, after: string, options: JsonOption) => {
      const found = diffPacks(parse(before), parse(after));
      if (options.json === true) return printJson(found);
      if (found.changes.length === 0) printLine('Nothing changes.');
      for (const change of found.changes) printLine(`${change.material ? '!' : ' '} ${change.text}`);
      if (found.material) printLine('! people who were promised something must be told');
    });
}

function explain(): Command {
  return new Command('explain')
    .description('every value of a pack with the promise behind it')
    .argument('<file>')
    .addOption(jsonOption())
    .addHelpText('after', example('heed pack explain infra/policy-packs/ajuni.yaml'))
    .action((file: string, options: JsonOption) => {
      const explained = explainPack(parse(file));
      if (options.json === true) printJson(explained);
      else for (const line of explained) printLine(line);
    });
}

function apply(): Command {
  return new Command('apply')
    .description('make a pack the new version of its tenant; its admins are told as it promises')
    .argument('<file>')
    .addOption(tenantOption())
    .option('--effective-from <date>', 'when it takes effect, YYYY-MM-DD or RFC 3339')
    .addOption(jsonOption())
    .addHelpText('after', example('heed pack apply new.yaml --tenant ajuni --effective-from 2027-02-01'))
    .action(async (file: string, options: TenantOptions & { effectiveFrom?: string }) => {
      const text = readPack(file);
      parse(file);
      const api = await connect(options.tenant, ['tenant-admin']);
      const from = options.effectiveFrom;
      const path = from === undefined ? '/v1/policies' : `/v1/policies?effectiveFrom=${encodeURIComponent(from)}`;
      const key = createHash('sha256').update(`${from ?? ''}\n${text}`).digest('hex');
      const answer = await api.post<{ version: unknown; noticeId?: unknown }>(path, text, `pack-${key}`);
      if (options.json === true) printJson(answer);
      else printLine(`Version ${String(answer.version)} is taken${typeof answer.noticeId === 'string' ? `; notice ${answer.noticeId}` : ''}.`);
    });
}

function readPack(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(`${file} cannot be read.`, { cause });
  }
}

function parse(file: string): PolicyPack {
  const parsed = parsePack(readPack(file), { file });
  if (parsed.ok) return parsed.pack;
  const first = parsed.issues[0];
  throw new CliError(first === undefined ? `${file} is no policy pack.` : formatPackIssue(first));
}
