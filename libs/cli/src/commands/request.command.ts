import { Command, Option } from 'commander';
import { printJson, printLine, printRemark } from '../output/print.js';
import { connect } from '../system/api.js';
import { stepUp } from '../system/step-up.js';
import { requestCertificateCommand } from './certificate-of.command.js';
import { addSubjectOptions, subjectOf, type SubjectOptions } from './subject-options.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

interface SubmitOptions extends TenantOptions, SubjectOptions {
  readonly type: string;
  readonly jurisdiction?: string;
  readonly message?: string;
}

interface Request {
  readonly id: string;
  readonly state: string;
  readonly clocks?: { readonly acknowledgeBy?: string; readonly due?: string };
  readonly dispatchIds?: readonly string[];
  readonly certificateId?: string | null;
  readonly statusUrl?: string;
}

const TYPES = ['access', 'export', 'rectify', 'erase', 'restrict', 'unrestrict', 'object'];

export function requestCommand(): Command {
  return new Command('request')
    .description("people's requests: submit, verify, approve, show, certificate")
    .addHelpText('after', example('heed request submit --type erase --email ada@example.com', 'heed request verify ID', 'heed request approve ID'))
    .addCommand(submit())
    .addCommand(verify())
    .addCommand(approve())
    .addCommand(show())
    .addCommand(requestCertificateCommand());
}

function submit(): Command {
  const command = new Command('submit')
    .description('submit a request of a person')
    .addOption(tenantOption())
    .addOption(new Option('--type <type>', 'what the person asks for').choices(TYPES).makeOptionMandatory())
    .option('--jurisdiction <id>', 'whose law counts, e.g. IN or EU')
    .option('--message <text>', "the person's words")
    .addOption(jsonOption())
    .addHelpText('after', example('heed request submit --tenant ajuni --type erase --email ada@example.com --jurisdiction IN'));
  return addSubjectOptions(command).action(async (options: SubmitOptions) => {
    const subject = subjectOf(options);
    const api = await connect(options.tenant, ['platform']);
    const request = await api.post<Request>('/v1/requests', {
      type: options.type,
      subject,
      channel: 'api',
      ...(options.jurisdiction === undefined ? {} : { jurisdiction: options.jurisdiction }),
      ...(options.message === undefined ? {} : { message: options.message }),
    });
    print(request, options.json);
  });
}

function verify(): Command {
  return act('verify', 'say that the person was recognised').action(async (id: string, options: ActOptions) => {
    const api = await connect(options.tenant, ['dpo']);
    print(await api.post<Request>(pathOf(id, 'verify'), { method: 'operator_attested', note: options.note }), options.json);
  });
}

function approve(): Command {
  return act('approve', 'approve an erasure: a privileged act, with a step-up')
    .option('--step-up <token>', 'of your own key; without it the software key of this computer steps up')
    .action(async (id: string, options: ActOptions & { stepUp?: string }) => {
      const api = await connect(options.tenant, ['dpo']);
      const proof = options.stepUp === undefined ? await stepUp(options.tenant, 'request.approve', id) : undefined;
      if (proof?.label !== undefined) printRemark(`stepped up with a ${proof.label}`);
      print(await api.act<Request>(pathOf(id, 'approve'), { note: options.note }, options.stepUp ?? proof?.token ?? ''), options.json);
    });
}

interface ActOptions extends TenantOptions {
  readonly note: string;
}

const pathOf = (id: string, action: string): string => `/v1/requests/${encodeURIComponent(id)}/${action}`;

function act(action: string, description: string): Command {
  return new Command(action)
    .description(description)
    .argument('<id>', 'the request')
    .addOption(tenantOption())
    .option('--note <text>', 'kept with the act', 'by command line')
    .addOption(jsonOption())
    .addHelpText('after', example(`heed request ${action} 0192f3c4-0000-7000-8000-000000000000 --note "known by account"`));
}

function show(): Command {
  return new Command('show')
    .description('show where a request stands')
    .argument('<id>', 'the request')
    .addOption(tenantOption())
    .addOption(jsonOption())
    .addHelpText('after', example('heed request show 0192f3c4-0000-7000-8000-000000000000'))
    .action(async (id: string, options: TenantOptions) => {
      const api = await connect(options.tenant, ['dpo']);
      print(await api.get<Request>(`/v1/requests/${encodeURIComponent(id)}`), options.json);
    });
}

function print(request: Request, json: boolean | undefined): void {
  if (json === true) return printJson(request);
  printLine(`${request.id}: ${request.state}`);
  if (request.clocks?.acknowledgeBy !== undefined) printLine(`  acknowledge by  ${request.clocks.acknowledgeBy}`);
  if (request.clocks?.due !== undefined) printLine(`  due             ${request.clocks.due}`);
  for (const id of request.dispatchIds ?? []) printLine(`  dispatch        ${id}`);
  if (typeof request.certificateId === 'string') printLine(`  certificate     ${request.certificateId}, see "heed request certificate ${request.id}"`);
  if (request.statusUrl !== undefined) printLine(`  status page     ${request.statusUrl}`);
}
