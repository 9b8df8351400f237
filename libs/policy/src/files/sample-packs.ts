import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PackPromise, PolicyPack } from '../pack/pack.schema.js';
import { formatPackIssue } from '../reading/issue.js';
import { parsePack } from '../reading/parse-pack.js';

/** The five tenants of the embedded start. */
export const SAMPLE_TENANTS = ['ajuni', 'aurigen', 'askasia', 'ahurasense', 'auronx'] as const;
export type SampleTenant = (typeof SAMPLE_TENANTS)[number];

/** The folder of the packs that come with Heed, found from this file, wherever the checkout lies. */
export function samplePackDir(): string {
  return fileURLToPath(new URL('../../../../infra/policy-packs/', import.meta.url));
}

/** @example policyPackFile('ajuni') // '/…/infra/policy-packs/ajuni.yaml' */
export function policyPackFile(tenantId: string): string {
  return `${samplePackDir()}${tenantId}.yaml`;
}

/**
 * One of the packs that come with Heed.
 * @throws Error naming file and line when it has been edited into something that is no pack
 */
export function loadSamplePack(tenantId: SampleTenant): PolicyPack {
  const file = policyPackFile(tenantId);
  const parsed = parsePack(readFileSync(file, 'utf8'), { file });
  if (!parsed.ok) throw new Error(parsed.issues.map(formatPackIssue).join('\n'));
  return parsed.pack;
}

/** A promise with the tenant that made it. */
export interface CataloguedPromise extends PackPromise {
  readonly tenant: SampleTenant;
  /** The controller's short name, e.g. `Ajuni`. */
  readonly policy: string;
}

/** Every promise of the five policies, in the order of the packs. */
export function loadPromises(): CataloguedPromise[] {
  return SAMPLE_TENANTS.flatMap((tenant) => {
    const pack = loadSamplePack(tenant);
    return pack.promises.map((promise) => ({ ...promise, tenant, policy: pack.tenant.name }));
  });
}
