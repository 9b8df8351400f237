import { Command } from 'commander';
import { printJson, printLine } from '../output/print.js';
import { connect } from '../system/api.js';
import { withdrawalCertificateCommand } from './certificate-of.command.js';
import { showDispatch, watchDispatch } from './show-dispatch.js';
import { addSubjectOptions, subjectOf, type SubjectOptions } from './subject-options.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

interface WithdrawOptions extends TenantOptions, SubjectOptions {
  readonly purpose?: string;
  readonly watch?: boolean;
}

export function withdrawCommand(): Command {
  const command = new Command('withdraw')
    .description("withdraw a person's consent and carry it to every store")
    .addOption(tenantOption())
    .option('-p, --purpose <list>', 'comma separated purposes, or "all"')
    .option('-w, --watch', 'wait until every store has answered')
    .addOption(jsonOption())
    .addHelpText('after', example('heed withdraw --tenant ajuni --email ada@example.com --purpose all --watch', 'heed withdraw certificate 0192f3c4-0000-7000-8000-000000000000'));
  return addSubjectOptions(command).action(withdraw).addCommand(withdrawalCertificateCommand());
}

async function withdraw(options: WithdrawOptions, command: Command): Promise<void> {
  if (options.purpose === undefined) return command.error('error: say which purposes: --purpose with a list, or "all"');
  const subject = subjectOf(options);
  const api = await connect(options.tenant, ['platform']);
  const purposes = options.purpose === 'all' ? 'all' : options.purpose.split(',').map((purpose) => purpose.trim());
  const answer = await api.post<{ id: string; ref: string; dispatchId: string }>('/v1/withdrawals', {
    subject,
    purposes,
    channel: 'api',
  });
  if (options.watch !== true) {
    if (options.json === true) printJson(answer);
    else printLine(`Withdrawn as ${answer.id}. Follow it with: heed dispatch show ${answer.dispatchId} --tenant ${options.tenant} --watch`);
    return;
  }
  const dispatch = await watchDispatch(api, answer.dispatchId, options.json !== true);
  if (options.json === true) printJson({ ...answer, dispatch });
  else showDispatch(dispatch);
}
