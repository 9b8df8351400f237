import { readFileSync } from 'node:fs';
import { loadConfig, port } from '@heed/config';
import { z } from 'zod';
import { onFileChange } from '../../process/on-file-change.js';

const environment = z.object({
  MAIL_PROCESSOR_PORT: port,
  /** Folder of its database and its key. */
  MAIL_PROCESSOR_DB: z.string().min(1),
  /** JSON file: the secret that each tenant shares with the processor. */
  MAIL_PROCESSOR_SECRETS: z.string().min(1),
  /** What it does not offer, to try `processor_attested`: `access`. */
  MAIL_PROCESSOR_WITHOUT: z.enum(['access']).optional(),
});

export interface MailProcessorConfig {
  readonly port: number;
  readonly folder: string;
  /** The secret that a tenant shares with it; tenants come and go while it runs. */
  readonly secretOf: (tenant: string) => string | undefined;
  readonly offersAccess: boolean;
}

export function readMailProcessorConfig(env: Readonly<Record<string, string | undefined>> = process.env): MailProcessorConfig {
  const config = loadConfig(environment, env);
  const read = (): Record<string, string> => z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(config.MAIL_PROCESSOR_SECRETS, 'utf8')));
  let secrets = read();
  onFileChange(config.MAIL_PROCESSOR_SECRETS, () => (secrets = read()));
  const secretOf = (tenant: string): string | undefined => secrets[tenant];
  return { port: config.MAIL_PROCESSOR_PORT, folder: config.MAIL_PROCESSOR_DB, secretOf, offersAccess: config.MAIL_PROCESSOR_WITHOUT !== 'access' };
}
