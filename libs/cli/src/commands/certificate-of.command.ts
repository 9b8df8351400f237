import { Command } from 'commander';
import { connect } from '../system/api.js';
import { showCertificate, type CertificateOptions } from './show-certificate.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

const ID = '0192f3c4-0000-7000-8000-000000000000';

/** What a certificate can be asked for by: the command that it belongs to, and where it is. */
interface Certified {
  readonly command: string;
  readonly description: string;
  readonly argument: string;
  readonly path: (id: string) => string;
}

function certificateOf({ command, description, argument, path }: Certified): Command {
  const called = `heed ${command} ${ID}`;
  return new Command(command.split(' ').at(-1))
    .description(description)
    .argument('<id>', argument)
    .addOption(tenantOption())
    .option('--html <file>', 'write it as a page to read and print')
    .addOption(jsonOption())
    .addHelpText('after', example(called, `${called} --html certificate.html`, `${called} --json > certificate.json`))
    .action(async (id: string, _: object, self: Command) => {
      // Of options that the command above has too, that one takes the value.
      const { tenant, ...shown } = self.optsWithGlobals<TenantOptions & CertificateOptions>();
      await showCertificate(await connect(tenant, ['dpo']), path(encodeURIComponent(id)), shown);
    });
}

export const requestCertificateCommand = (): Command =>
  certificateOf({
    command: 'request certificate', description: 'show the signed certificate of an erasure', argument: 'the request', path: (id) => `/v1/requests/${id}/certificate`,
  });

export const withdrawalCertificateCommand = (): Command =>
  certificateOf({
    command: 'withdraw certificate', description: 'show the signed certificate of a withdrawal that every store has heeded', argument: 'the withdrawal',
    path: (id) => `/v1/withdrawals/${id}/certificate`,
  });

export const consentCertificateCommand = (): Command =>
  certificateOf({
    command: 'certificate consent', description: 'show the signed certificate of one decision, and of what was decided since', argument: 'the consent record',
    path: (id) => `/v1/consents/${id}/certificate`,
  });

export const noticeCertificateCommand = (): Command =>
  certificateOf({
    command: 'certificate notice', description: 'show the signed certificate of who was told of a change, and how long before', argument: 'the notice',
    path: (id) => `/v1/notices/${id}/certificate`,
  });
