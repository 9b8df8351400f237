import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { packHash, parsePack } from '@heed/policy';
import { fetchLocalToken } from '../issuer/local-token.js';
import { StartError } from '../process/start-error.js';
import { enrolLocalKey, type LocalHeed } from '../step-up/enrol-local-key.js';
import { SERVICES, type SystemContext } from './context.js';
import type { Step } from './run-in-order.js';
import type { LocalTenant } from './tenants.js';

/**
 * What is said through the public API once the services answer: policies first, for stores are judged by them.
 * @param closed is filled with the tenants whose drop was interrupted: nothing more is begun for them
 */
export function stepsAfterServices(context: SystemContext, onNotice: (line: string) => void, closed: Set<string>): Step[] {
  const agents = context.tenants.map((tenant) => `agent-${tenant.id}`);
  const forAll = (work: (tenant: LocalTenant) => Promise<void>) => async () => {
    await Promise.all(context.tenants.filter(({ id }) => !closed.has(id)).map(work));
  };
  return [
    {
      name: 'packs',
      after: ['router', 'issuer', ...SERVICES],
      run: forAll(async (tenant) => {
        if (!(await applyPack(context, tenant, onNotice))) closed.add(tenant.id);
      }),
    },
    { name: 'step-up-keys', after: ['packs'], run: forAll((tenant) => enrolLocalKey(context, tenant.id)) },
    { name: 'data-maps', after: ['packs', ...agents], run: forAll((tenant) => awaitProjections(context, tenant.id)) },
  ];
}

/**
 * Makes the pack of the checkout the tenant's policy; a pack that is known already is not sent again.
 * @returns false for a tenant that is served no more
 */
export async function applyPack(context: LocalHeed, tenant: LocalTenant, onNotice: (line: string) => void): Promise<boolean> {
  const text = await readFile(tenant.packFile, 'utf8');
  const parsed = parsePack(text, { file: tenant.packFile });
  if (!parsed.ok) throw new StartError('job_failed', `${tenant.packFile} is no policy pack: run "heed pack check ${tenant.packFile}".`);
  const hash = packHash(parsed.pack).replace('sha256:', '');
  const headers = { authorization: `Bearer ${await tokenOf(context, tenant.id, 'tenant-admin')}` };
  const known = await fetch(`${context.origin}/v1/policies?limit=100`, { headers });
  const { items = [], code } = (await known.json()) as { items?: readonly { hash?: string }[]; code?: string };
  if (code === 'tenant_closed') return false;
  if (items.some((item) => item.hash?.replace('sha256:', '') === hash)) return true;
  const answer = await fetch(`${context.origin}/v1/policies`, {
    method: 'POST',
    body: text,
    headers: { ...headers, 'content-type': 'application/yaml', 'idempotency-key': `pack-${createHash('sha256').update(text).digest('hex')}` },
  });
  if (answer.ok) {
    await answer.arrayBuffer();
    return true;
  }
  const problem = (await answer.json()) as { detail?: string; code?: string };
  const line = `the pack of ${tenant.id} was not taken (${answer.status} ${problem.code ?? ''}): ${problem.detail ?? ''}`;
  // A changed pack that the policy in effect forbids for now is news, not a reason to keep everything down.
  if (answer.status !== 422 || items.length === 0) throw new StartError('job_failed', `${line}; see ${context.home.log('subprocessor-registry')}.`);
  onNotice(`${line}; the version in effect stays`);
  return true;
}

const WITHIN_MS = 120_000;

/**
 * Waits until the services work with the policy and with the stores that the agent has registered: both reach them over
 * Kafka, and the first call of a newcomer should find them there.
 */
export async function awaitProjections(context: LocalHeed, tenant: string): Promise<void> {
  const headers = { authorization: `Bearer ${await tokenOf(context, tenant, 'platform')}` };
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const missing = await missingOf(context, headers);
    if (missing === undefined) return;
    if (performance.now() > deadline) throw new StartError('job_failed', `${tenant} waits for ${missing}; see the logs in ${context.home.dir}/logs.`);
    await sleep(150);
  }
}

async function missingOf(context: LocalHeed, headers: Record<string, string>): Promise<string | undefined> {
  const purposes = await fetch(`${context.origin}/v1/purposes`, { headers });
  await purposes.arrayBuffer();
  if (!purposes.ok) return `its policy to reach the consent service (${purposes.status})`;
  const answer = await fetch(`${context.origin}/v1/data-map`, { headers });
  if (!answer.ok) return `its data map (${answer.status})`;
  const map = (await answer.json()) as { active: object | null; proposed: readonly { waitsFor?: readonly string[] }[] };
  if (map.active === null && map.proposed.length === 0) return 'its agent to register its stores';
  const owners = new Set(map.proposed.flatMap((version) => version.waitsFor ?? []));
  return map.proposed.length === 0 ? undefined : `${[...owners].join(', ')} to take up its data map`;
}

function tokenOf(context: LocalHeed, tenant: string, role: string): Promise<string> {
  return fetchLocalToken(context.home, context.issuer, tenant, [role]);
}
