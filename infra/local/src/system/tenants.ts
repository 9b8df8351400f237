import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatPackIssue, parsePack } from '@heed/policy';
import { z } from 'zod';
import { tokenSecondsOf } from '../issuer/token-seconds.js';
import { StartError } from '../process/start-error.js';
import type { Home } from './home.js';
import { checkout } from './local.config.js';
import { writeJson } from './write-json.js';

export interface LocalTenant {
  readonly id: string;
  readonly isolation: 'role' | 'login';
  /** How long its access tokens may live. */
  readonly tokenSeconds: number;
  /** Absolute path of its policy pack. */
  readonly packFile: string;
}

const SAMPLES = join(checkout, 'infra', 'policy-packs');

/**
 * One tenant for each policy pack of the checkout, and for each that a person laid into HEED_HOME/policy-packs; not those
 * that were dropped here.
 */
export function localTenants(home: Home): LocalTenant[] {
  const tenants: LocalTenant[] = [];
  const dropped = new Set(droppedTenants(home));
  for (const packFile of [SAMPLES, ownPacks(home)].flatMap(packFiles)) {
    const tenant = tenantOf(packFile);
    if (dropped.has(tenant.id)) continue;
    const first = tenants.find((known) => known.id === tenant.id);
    if (first) throw new StartError('pack_unusable', `${first.packFile} and ${packFile} are both packs of ${tenant.id}: keep one.`);
    tenants.push(tenant);
  }
  return tenants;
}

const ownPacks = (home: Home): string => home.data('policy-packs');
const droppedFile = (home: Home): string => home.data('dropped-tenants.json');

function droppedTenants(home: Home): readonly string[] {
  return existsSync(droppedFile(home)) ? z.array(z.string()).parse(JSON.parse(readFileSync(droppedFile(home), 'utf8'))) : [];
}

/** Lays a tenant's pack where every start finds it; one that lies there already is replaced, one of the checkout stays. */
export function keepPack(home: Home, tenant: string, text: string): string {
  const known = localTenants(home).find(({ id }) => id === tenant);
  const file = known?.packFile ?? join(ownPacks(home), `${tenant}.yaml`);
  if (dirname(file) === SAMPLES) return file;
  mkdirSync(ownPacks(home), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
  return file;
}

/** From now on no start makes this tenant: not from a pack of its own, and not from one of the checkout. */
export function dropPack(home: Home, tenant: string): void {
  writeJson(droppedFile(home), [...new Set([...droppedTenants(home), tenant])].sort());
  for (const file of packFiles(ownPacks(home))) if (tenantOf(file).id === tenant) rmSync(file);
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
