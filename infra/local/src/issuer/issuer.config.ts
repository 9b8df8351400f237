import { z } from 'zod';

const environment = z.object({
  HEED_ISSUER_PORT: z.coerce.number().int().min(1).max(65_535),
  HEED_ISSUER: z.url(),
  HEED_AUDIENCE: z.string().default('heed'),
  /** Folder of the signing key. */
  HEED_KEYS_DIR: z.string().min(1),
  /** JSON file of the clients, see `clients.ts`. */
  HEED_ISSUER_CLIENTS: z.string().min(1),
  NODE_ENV: z.string().default('development'),
});
export type IssuerConfig = z.infer<typeof environment>;

export function readIssuerConfig(env: NodeJS.ProcessEnv = process.env): IssuerConfig {
  return environment.parse(env);
}
