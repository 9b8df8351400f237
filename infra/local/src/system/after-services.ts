import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { packHash, parsePack } from '@heed/policy';
import { fetchLocalToken } from '../issuer/local-token.js';
import { StartError } from '../process/start-error.js';
import { SERVICES, type SystemContext } from './context.js';
import type { Step } from './run-in-order.js';
import type { LocalTenant } from './tenants.js';

/** What is said through the public API once the services answer: policies first, for stores are judged by them. */
export function stepsAfterServices(context: SystemContext, onNotice: (line: string) => void): Step[] {
  const agents = context.tenants.map((tenant) => `agent-${tenant.id}`);
  const forAll = (work: (tenant: LocalTenant) => Promise<void>) => async () => void (await Promise.all(context.tenants.map(work)));
  return [
    { name: 'packs', after: ['router', 'issuer', ...SERVICES], run: forAll((tenant) => applyPack(context, tenant, onNotice)) },
    { name: 'data-maps', after: ['packs', ...agents], run: forAll((tenant) => awaitDataMap(context, tenant.id)) },
  ];
}

/** Makes the pack of the checkout the tenant's policy; a pack that is known already is not sent again. */
async function applyPack(context: SystemContext, tenant: LocalTenant, onNotice: (line: string) => void): Promise<void> {
  const text = await readFile(tenant.packFile, 'utf8');
  const parsed = parsePack(text, { file: tenant.packFile });
  if (!parsed.ok) throw new StartError('job_failed', `${tenant.packFile} is no policy pack: run "heed pack check ${tenant.packFile}".`);
  const hash = packHash(parsed.pack).replace('sha256:', '');
  const headers = { authorization: `Bearer ${await tokenOf(context, tenant.id, 'tenant-admin')}` };
  const known = await fetch(`${context.origin}/v1/policies?limit=100`, { headers });
  const { items = [] } = (await known.json()) as { items?: readonly { hash?: string }[] };
  if (items.some((item) => item.hash?.replace('sha256:', '') === hash)) return;
  const answer = await fetch(`${context.origin}/v1/policies`, {
    method: 'POST',
    body: text,
    headers: { ...headers, 'content-type': 'application/yaml', 'idempotency-key': `pack-${createHash('sha256').update(text).digest('hex')}` },
  });
  if (answer.ok) return void (await answer.arrayBuffer());
  const problem = (await answer.json()) as { detail?: string; code?: string };
  const line = `the pack of ${tenant.id} was not taken (${answer.status} ${problem.code ?? ''}): ${problem.detail ?? ''}`;
  // A changed pack that the policy in effect forbids for now is news, not a reason to keep everything down.
  if (answer.status === 422 && items.length > 0) onNotice(`${line}; the version in effect stays`);
  else throw new StartError('job_failed', `${line}; see ${context.home.log('subprocessor-registry')}.`);
}

const MAP_WITHIN_MS = 45_000;

/** Waits until every owner works with the stores that the agent has registered, so that the first call reaches them. */
async function awaitDataMap(context: SystemContext, tenant: string): Promise<void> {
  const headers = { authorization: `Bearer ${await tokenOf(context, tenant, 'platform')}` };
  const deadline = performance.now() + MAP_WITHIN_MS;
  for (;;) {
    const answer = await fetch(`${context.origin}/v1/data-map`, { headers });
    if (answer.ok) {
      const map = (await answer.json()) as { active: object | null; proposed: readonly { waitsFor?: readonly string[] }[] };
      if (map.active !== null && map.proposed.length === 0) return;
      const waitsFor = map.proposed.flatMap((version) => version.waitsFor ?? []).join(', ');
      if (performance.now() > deadline) throw new StartError('job_failed', `The data map of ${tenant} waits for ${waitsFor === '' ? 'its agent' : waitsFor}; see the logs there.`);
    }
    if (performance.now() > deadline) throw new StartError('job_failed', `The data map of ${tenant} cannot be read (${answer.status}).`);
    await sleep(150);
  }
}

function tokenOf(context: SystemContext, tenant: string, role: string): Promise<string> {
  return fetchLocalToken(context.home, context.issuer, tenant, [role]);
}
