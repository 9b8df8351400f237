import { existsSync, rmSync } from 'node:fs';
import type { TenantExtra } from '@heed/provisioning';
import { writeAgentConfig } from '../samples/index.js';
import { awaitProjections } from '../system/after-services.js';
import { local } from '../system/context.js';
import { readRecords } from '../system/part-record.js';
import { agentFile, agentName } from '../system/parts.js';
import { portOf, secretsOf, waitUntil, type RunningHeed } from './tenant-context.js';

const STARTS_WITHIN_MS = 120_000;
const ENDS_WITHIN_MS = 30_000;

/** The tenant's store agent: the running start begins and ends it when its file comes and goes. */
export function storeAgent(heed: RunningHeed): TenantExtra {
  const { home } = heed;
  const record = (id: string) => readRecords(home.run()).find(({ name }) => name === agentName(id));
  return {
    name: 'store agent',
    make: async ({ id }) => {
      const secrets = secretsOf(home);
      await writeAgentConfig({
        file: agentFile(home, id),
        tenant: id,
        adminUrl: heed.postgresUrl,
        password: secrets.databases['samples'] ?? '',
        mailProcessorUrl: local(portOf(home, 'mail-processor')),
        webhookSecret: secrets.webhooks[id] ?? '',
      });
      await waitUntil(`the store agent of ${id}`, STARTS_WITHIN_MS, async () => record(id)?.state === 'ready');
      await awaitProjections(heed, id);
    },
    remove: async (id) => {
      rmSync(agentFile(home, id), { force: true });
      await waitUntil(`the end of the store agent of ${id}`, ENDS_WITHIN_MS, async () => record(id) === undefined);
      rmSync(home.keys(agentName(id)), { recursive: true, force: true });
    },
    left: async (id) => {
      const kept = [agentFile(home, id), home.keys(agentName(id))].filter((path) => existsSync(path));
      return [...kept, ...(record(id) ? [`the process ${agentName(id)}`] : [])];
    },
  };
}
