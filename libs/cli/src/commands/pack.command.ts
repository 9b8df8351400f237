import { diffPacks, explainPack, formatPackIssue, parsePack, rewordedNotices } from '@heed/policy';
import { Command } from 'commander';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine } from '../output/print.js';
import { applyCommand } from './pack-apply.command.js';
import { readPack, readPackText } from './pack-file.js';
import { example, jsonOption } from './tenant-option.js';

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
    .addCommand(applyCommand());
}

function check(): Command {
  return new Command('check')
    .description('read a pack and name the line of every mistake')
    .argument('<file>')
    .addOption(jsonOption())
    .addHelpText('after', example('heed pack check infra/policy-packs/ajuni.yaml'))
    .action((file: string, options: JsonOption) => {
      const parsed = parsePack(readPackText(file), { file });
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
      const packs = [readPack(before), readPack(after)] as const;
      const found = diffPacks(...packs);
      const reworded = rewordedNotices(...packs);
      if (options.json === true) return printJson({ ...found, reworded });
      if (found.changes.length === 0) printLine('Nothing changes.');
      for (const change of found.changes) printLine(`${change.material ? '!' : ' '} ${change.text}`);
      for (const { id, version } of reworded) printLine(`! notice ${id} ${version} says something else under the same version: it is refused when applied`);
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
      const explained = explainPack(readPack(file));
      if (options.json === true) printJson(explained);
      else for (const line of explained) printLine(line);
    });
}
