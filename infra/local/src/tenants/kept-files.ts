import { join } from 'node:path';
import { aloneWithTenant, databaseName } from '@heed/persistence';
import type { TenantExtra } from '@heed/provisioning';
import { agentClientId, cliClientId } from '../issuer/clients.js';
import { issuerClientsFile, writeIssuerClients } from '../issuer/write-clients.js';
import { StartError } from '../process/start-error.js';
import { SERVICES } from '../system/context.js';
import type { Home } from '../system/home.js';
import { ensureSecrets, forgetSecrets, readSecrets, type Secrets } from '../system/secrets.js';
import { dropPack, keepPack, localTenants } from '../system/tenants.js';
import { writeJson } from '../system/write-json.js';
import type { RunningHeed } from './tenant-context.js';

/** The tenant's pack, by which every later start knows the tenant. @param text undefined where nobody is made */
export function packFile(home: Home, text: string | undefined): TenantExtra {
  return {
    name: 'policy pack',
    make: async ({ id }) => {
      if (text === undefined) throw new StartError('pack_unusable', `There is no pack of ${id}.`);
      keepPack(home, id, text);
    },
    remove: async (id) => dropPack(home, id),
    left: async (id) => (localTenants(home).some((tenant) => tenant.id === id) ? [`policy pack of ${id}`] : []),
  };
}

/** Clients of the issuer and of the sample mail processor, who read the changed files while they run. */
export function clients(heed: RunningHeed): TenantExtra {
  const { home } = heed;
  const clientsOf = (id: string): string[] => [cliClientId(id), agentClientId(id)];
  return {
    name: 'clients',
    make: ({ id }) =>
      withFiles(heed, async () => {
        await tell(home, ensureSecrets(home, { databases: ['samples', ...SERVICES], clients: clientsOf(id), webhooks: [id] }));
      }),
    remove: (id) =>
      withFiles(heed, async () => {
        const secrets = forgetSecrets(home, { clients: clientsOf(id), webhooks: [id] });
        if (secrets) await tell(home, secrets);
      }),
    left: async (id) => Object.keys(readSecrets(home)?.clients ?? {}).filter((client) => clientsOf(id).includes(client)).map((client) => `client ${client}`),
  };
}

async function tell(home: Home, secrets: Secrets): Promise<void> {
  const served = localTenants(home).filter(({ id }) => secrets.clients[cliClientId(id)] !== undefined);
  await writeIssuerClients(issuerClientsFile(home), served, secrets.clients);
  writeJson(join(home.keys('mail-processor'), 'webhooks.json'), secrets.webhooks);
}

/** The files are everybody's: two commands that write them at once would each lose what the other wrote. */
function withFiles(heed: RunningHeed, work: () => Promise<void>): Promise<void> {
  return aloneWithTenant({ adminUrl: heed.postgresUrl }, databaseName('subprocessor-registry'), '*files*', () => undefined, work);
}
