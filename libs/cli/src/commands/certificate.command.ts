import { Command } from 'commander';
import { consentCertificateCommand, noticeCertificateCommand } from './certificate-of.command.js';
import { verifyFile } from './ledger-verify.command.js';
import { example, jsonOption } from './tenant-option.js';

export function certificateCommand(): Command {
  return new Command('certificate')
    .description('certificates: show those of a decision or a notice, verify any of them offline')
    .addHelpText('after', example('heed request certificate ID --json > certificate.json', 'heed ledger key --owner dsar > dsar.key', 'heed certificate verify certificate.json --key dsar.key'))
    .addCommand(consentCertificateCommand())
    .addCommand(noticeCertificateCommand())
    .addCommand(verify());
}

function verify(): Command {
  return new Command('verify')
    .description('verifies a certificate with nothing but its file and the public key; exit code 1 with one line why not')
    .argument('<file>', 'the signed certificate')
    .option('--key <file>', 'the ledger’s key, obtained otherwise than with the certificate')
    .addOption(jsonOption())
    .addHelpText('after', example('heed certificate verify certificate.json --key dsar.key'))
    .action((file: string, options: { key?: string; json?: boolean }) => verifyFile(file, options));
}
