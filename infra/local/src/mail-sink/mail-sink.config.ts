import { z } from 'zod';

const port = z.coerce.number().int().min(1).max(65_535);

const environment = z.object({
  HEED_SMTP_PORT: port,
  HEED_PORT: port,
  /** Folder that keeps the mail. */
  HEED_MAIL_DIR: z.string().min(1),
});
export type MailSinkConfig = z.infer<typeof environment>;

export function readMailSinkConfig(env: NodeJS.ProcessEnv = process.env): MailSinkConfig {
  return environment.parse(env);
}
