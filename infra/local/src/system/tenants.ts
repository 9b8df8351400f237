import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPackIssue, parsePack } from '@heed/policy';
import { tokenSecondsOf } from '../issuer/token-seconds.js';
import { StartError } from '../process/start-error.js';
import type { Home } from './home.js';
import { checkout } from './local.config.js';

export interface LocalTenant {
  readonly id: string;
  readonly isolation: 'role' | 'login';
  /** How long its access tokens may live. */
  readonly tokenSeconds: number;
  /** Absolute path of its policy pack. */
  readonly packFile: string;
}

const SAMPLES = join(checkout, 'infra', 'policy-packs');

/** One tenant for each policy pack of the checkout, and for each that a person laid into HEED_HOME/policy-packs. */
export function localTenants(home: Home): LocalTenant[] {
  const tenants: LocalTenant[] = [];
  for (const packFile of [SAMPLES, home.data('policy-packs')].flatMap(packFiles)) {
    const tenant = tenantOf(packFile);
    const first = tenants.find((known) => known.id === tenant.id);
    if (first) throw new StartError('pack_unusable', `${first.packFile} and ${packFile} are both packs of ${tenant.id}: keep one.`);
    tenants.push(tenant);
  }
  return tenants;
}

function packFiles(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir).filter((name) => /\.ya?ml$/.test(name)).sort().map((name) => join(dir, name));
}

function tenantOf(packFile: string): LocalTenant {
  const parsed = parsePack(readFileSync(packFile, 'utf8'), { file: packFile });
  if (parsed.ok) return { id: parsed.pack.tenant.id, isolation: parsed.pack.isolation.value, tokenSeconds: tokenSecondsOf(parsed.pack), packFile };
  const [issue] = parsed.issues;
  throw new StartError('pack_unusable', `${issue ? formatPackIssue(issue) : packFile}: see "heed pack check ${packFile}".`);
}
