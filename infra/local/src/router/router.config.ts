import { z } from 'zod';

const json = z.string().transform((text): unknown => JSON.parse(text));

const environment = z.object({
  HEED_ROUTER_PORT: z.coerce.number().int().min(1).max(65_535),
  /** JSON object: service name to URL. */
  HEED_ROUTER_UPSTREAMS: json.pipe(
    z.strictObject({
      consent: z.url(),
      dsar: z.url(),
      retention: z.url(),
      'subprocessor-registry': z.url(),
      notifications: z.url(),
    }),
  ),
  HEED_ROUTER_RUN_DIR: z.string().min(1),
  /** JSON array of the parts that must be ready. */
  HEED_ROUTER_PARTS: json.pipe(z.array(z.string())),
  /** Where sent mail is read. */
  HEED_ROUTER_MAIL: z.url().optional(),
});
export type RouterConfig = z.infer<typeof environment>;

export function readRouterConfig(env: NodeJS.ProcessEnv = process.env): RouterConfig {
  return environment.parse(env);
}
