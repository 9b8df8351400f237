import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { checkout } from './local.config.js';

/** The few values of a pack that the start needs before any service can read the whole. */
const packHead = z.object({
  tenant: z.object({ id: z.string() }),
  isolation: z.object({ value: z.enum(['role', 'login']) }),
});

export interface LocalTenant {
  readonly id: string;
  readonly isolation: 'role' | 'login';
  /** Absolute path of its policy pack. */
  readonly packFile: string;
}

/** One tenant for each policy pack of the checkout. */
export function localTenants(dir: string = join(checkout, 'infra', 'policy-packs')): LocalTenant[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => {
      const packFile = join(dir, name);
      const head = packHead.parse(parse(readFileSync(packFile, 'utf8')));
      return { id: head.tenant.id, isolation: head.isolation.value, packFile };
    });
}
