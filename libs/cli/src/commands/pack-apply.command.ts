import type { PolicyPack } from '@heed/policy';
import { Command, Option } from 'commander';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine } from '../output/print.js';
import { connect } from '../system/api.js';
import { readPack, readPackText } from './pack-file.js';
import { example, jsonOption } from './tenant-option.js';

interface ApplyOptions {
  readonly tenant?: string;
  readonly effectiveFrom?: string;
  readonly json?: boolean;
}

/** What the registry answers, with the HTTP status: 201 for a new version, 200 for one that stands already. */
export interface Publication {
  readonly version: number;
  readonly state: 'announced' | 'active' | 'superseded';
  readonly effectiveFrom: string;
  readonly noticeId?: string | null;
}

export function applyCommand(): Command {
  return new Command('apply')
    .description('make a pack the new version of its tenant; people are told as the version in force promises')
    .argument('<file>')
    .addOption(new Option('-t, --tenant <id>', "the tenant (default: the pack's own)"))
    .option('--effective-from <date>', 'when it takes effect, YYYY-MM-DD or RFC 3339')
    .addOption(jsonOption())
    .addHelpText('after', example('heed pack apply new.yaml --effective-from 2027-02-01'))
    .action(async (file: string, options: ApplyOptions) => {
      const pack = readPack(file);
      const { id } = pack.tenant;
      if (options.tenant !== undefined && options.tenant !== id) throw new CliError(`${file} is the pack of ${id}: say --tenant ${id}.`);
      const api = await connect(id, ['tenant-admin']);
      const from = options.effectiveFrom;
      const path = from === undefined ? '/v1/policies' : `/v1/policies?effectiveFrom=${encodeURIComponent(from)}`;
      // The registry knows a pack by its content, so sending it again does nothing twice; a key of our own would give old answers.
      const { status, body } = await api.send<Publication>(path, readPackText(file));
      if (options.json === true) printJson(body);
      else for (const line of published(body, status === 201, pack)) printLine(line);
    });
}

/** What became of it, with the date as the tenant's people read it. */
export function published(answer: Publication, isNew: boolean, pack: PolicyPack): string[] {
  const { version, state, effectiveFrom, noticeId } = answer;
  const zone = pack.tenant.zone.value;
  const local = new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'long', timeStyle: 'short' }).format(new Date(effectiveFrom));
  const when = `${local} in ${zone} (${effectiveFrom})`;
  const stands = state === 'announced' ? `takes effect on ${when}` : `is in force since ${when}`;
  if (!isNew) return [`Nothing changed: this is version ${version} of ${pack.tenant.id} already; it ${stands}.`];
  const notice = typeof noticeId === 'string' ? [`Notice ${noticeId} goes to ${pack.notices.policyChange.audience.join(', ').replaceAll('_', ' ')}.`] : [];
  return [`Version ${version} of ${pack.tenant.id} ${stands}.`, ...notice];
}
