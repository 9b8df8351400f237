import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import { processorToken } from './mail-processor/credentials.js';
import { DOMAIN } from './mail-processor/open-dsr.js';
import { crmMap, mailProcessorMap, telemetryMap } from './stores/maps.js';
import { storeAgentUrl } from './stores/urls.js';

export interface SampleAgentOptions {
  /** The YAML file to write; it holds credentials and is readable by its owner only. */
  readonly file: string;
  readonly tenant: string;
  readonly adminUrl: string;
  /** Password of the stores' login roles. */
  readonly password: string;
  /** e.g. `http://127.0.0.1:4112` */
  readonly mailProcessorUrl: string;
  /** What the tenant shares with the mail processor. */
  readonly webhookSecret: string;
  readonly limits?: { readonly batch?: number; readonly chunkRows?: number; readonly secondLookAfter?: string };
}

/** Base URL of a tenant at the sample mail processor. */
export const mailProcessorBase = (url: string, tenant: string): string => `${url.replace(/\/$/, '')}/t/${tenant}`;

/** Writes the file of a tenant's store agent, which serves its three sample stores. */
export async function writeAgentConfig(options: SampleAgentOptions): Promise<void> {
  const { tenant, adminUrl, password } = options;
  const processor = mailProcessorBase(options.mailProcessorUrl, tenant);
  const store = (id: 'crm' | 'telemetry', title: string, map: object) => ({
    id,
    kind: 'postgres',
    title,
    maxBackupAge: 'P30D',
    connection: { url: storeAgentUrl(adminUrl, id, tenant, password) },
    map,
  });
  const file = {
    tenant,
    ...(options.limits ? { limits: options.limits } : {}),
    stores: [
      store('crm', 'Customers, orders and support', crmMap(tenant)),
      store('telemetry', 'Product telemetry', telemetryMap),
      {
        id: 'mail-processor',
        kind: 'http',
        title: 'Mailing service',
        maxBackupAge: 'P30D',
        connection: {
          url: processor,
          token: processorToken(options.webhookSecret),
          webhookUrl: `${processor}/webhooks/consent`,
          webhookSecret: options.webhookSecret,
          domain: DOMAIN,
        },
        map: mailProcessorMap,
      },
    ],
  };
  await mkdir(dirname(options.file), { recursive: true, mode: 0o700 });
  await writeFile(`${options.file}.new`, stringify(file, { aliasDuplicateObjects: false }), { mode: 0o600 });
  await rename(`${options.file}.new`, options.file);
}
