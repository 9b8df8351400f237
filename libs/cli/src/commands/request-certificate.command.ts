import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { CliError } from '../output/cli-error.js';
import { printJson, printLine, table } from '../output/print.js';
import { connect } from '../system/api.js';
import { example, jsonOption, tenantOption, type TenantOptions } from './tenant-option.js';

interface Signed {
  readonly certificate: {
    readonly id: string;
    readonly tenant: { readonly controller: string };
    readonly request: { readonly id: string; readonly receivedAt: string };
    readonly dispatches: readonly { readonly stores: readonly Store[] }[];
    readonly issuedAt: string;
  };
  readonly proof: { readonly kid: string; readonly signature: string };
}

interface Store {
  readonly dataStore: string;
  readonly outcome: string;
  readonly rows: number;
  readonly residue: number;
  readonly assurance: string | null;
  readonly completedAt: string | null;
}

/** The certificate as a table, as the signed JSON, or as the page that a person keeps. */
export function certificateCommand(): Command {
  return new Command('certificate')
    .description('show the signed certificate of an erasure')
    .argument('<id>', 'the request')
    .addOption(tenantOption())
    .option('--html <file>', 'write it as a page to read and print')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      example('heed request certificate 0192f3c4-0000-7000-8000-000000000000', 'heed request certificate 0192f3c4-0000-7000-8000-000000000000 --html certificate.html'),
    )
    .action(async (id: string, options: TenantOptions & { html?: string }) => {
      const api = await connect(options.tenant, ['dpo']);
      const path = `/v1/requests/${encodeURIComponent(id)}/certificate`;
      if (options.html !== undefined) {
        writePage(options.html, await api.page(path));
        if (options.json !== true) return printLine(`${options.html} has the certificate.`);
      }
      const signed = await api.get<Signed>(path);
      if (options.json === true) printJson(signed);
      else show(signed);
    });
}

function show({ certificate, proof }: Signed): void {
  printLine(`Certificate ${certificate.id}, issued ${certificate.issuedAt} by ${certificate.tenant.controller}`);
  printLine(`Request ${certificate.request.id}, received ${certificate.request.receivedAt}`);
  printLine();
  const stores = certificate.dispatches.flatMap((dispatch) => dispatch.stores);
  const rows = stores.map((store) => [store.dataStore, store.outcome, String(store.rows), String(store.residue), store.assurance ?? '', store.completedAt ?? '']);
  printLine(table(['store', 'outcome', 'rows', 'left', 'how it is known', 'at'], rows));
  printLine();
  printLine(`Ed25519 ${proof.kid}: ${proof.signature}`);
}

function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new CliError(`${file} cannot be written (${code}).`, { cause });
  }
}
