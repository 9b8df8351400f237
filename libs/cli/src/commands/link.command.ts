import { Command, Option } from 'commander';
import { printJson, printLine } from '../output/print.js';
import { connect } from '../system/api.js';
import { addSubjectOptions, subjectOf, type SubjectOptions } from './subject-options.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

interface LinkOptions extends TenantOptions, SubjectOptions {
  readonly kind: 'preferences' | 'unsubscribe';
  readonly expires?: string;
}

export function linkCommand(): Command {
  const command = new Command('link')
    .description('make a link by which a person unsubscribes, or sees and changes what they decided')
    .addOption(tenantOption())
    .addOption(new Option('-k, --kind <kind>', 'what it opens').choices(['preferences', 'unsubscribe']).default('preferences'))
    .option('--expires <duration>', 'how long it opens, e.g. P7D')
    .addOption(jsonOption())
    .addHelpText('after', example('heed link --tenant ajuni --email ada@example.com', 'heed link --tenant ajuni --email ada@example.com --kind unsubscribe --expires P90D'));
  return addSubjectOptions(command).action(makeLink);
}

async function makeLink(options: LinkOptions): Promise<void> {
  const subject = subjectOf(options);
  const api = await connect(options.tenant, ['platform']);
  const link = await api.post<{ url: string; expiresAt: string }>('/v1/links', {
    subject,
    kind: options.kind,
    ...(options.expires === undefined ? {} : { expires: options.expires }),
  });
  if (options.json === true) printJson(link);
  else printLine(`${link.url}\nOpens until ${link.expiresAt}. Whoever has it can act as this person: hand it to them alone.`);
}
