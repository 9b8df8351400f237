import { accessLeft, createKafka, removeAccess, removeTopics, topicsLeft } from '@heed/kafka';
import { dropTenantKeys, tenantKeysLeft } from '@heed/key-store';
import type { KeySite } from '@heed/key-store';
import { conflict } from '@heed/kernel';
import { buryTenant, closeTenant, dropTenant as dropFromDatabase, TENANT_LIST_MAX_AGE_MS, tenantLeft } from '@heed/persistence';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TenantSite } from '@heed/persistence';
import { aloneWith, KAFKA_TRIES, listTenants, REGISTER, siteOf, TENANT_SERVICES } from './installation.js';
import type { Installation } from './installation.js';
import { runSteps } from './run-steps.js';
import type { StepDone, TenantStep } from './run-steps.js';

/** Until every instance has read the list again, and its consumers have left the tenant's topics. */
const SILENCE_MS = TENANT_LIST_MAX_AGE_MS + 2500;

/**
 * Takes everything of a tenant away whose time has come, looks for what is left and leaves a tombstone. A killed run goes on
 * at the next; nothing of another tenant is touched.
 * @throws HeedError `tenant_unknown`, `tenant_not_due`; Error naming what is left, where something is
 */
export async function dropTenant(installation: Installation, id: string, now: Date, onStep: (step: StepDone) => void): Promise<void> {
  await aloneWith(installation, id, async () => {
    const tenant = (await listTenants(installation)).find((one) => one.id === id);
    if (!tenant) throw conflict('tenant_unknown', `There is no tenant ${id}.`);
    if (tenant.state === 'dropped') return;
    if (!isDue(tenant, now)) throw conflict('tenant_not_due', `The tenant ${id} is ${tenant.state} and not due to be dropped.`);
    await runSteps('drop', stepsOf(installation, id, now), onStep);
  });
}

export function isDue(tenant: { readonly state: string; readonly dropAfter: Date | null }, now: Date): boolean {
  if (tenant.state === 'closed') return true; // begun, and there is no way back
  return tenant.state === 'closing' && tenant.dropAfter !== null && tenant.dropAfter <= now;
}

function stepsOf(installation: Installation, id: string, now: Date): readonly TenantStep[] {
  const { kafka, kafkaAccess, topicPrefix: prefix } = installation;
  const sites = TENANT_SERVICES.map((service) => ({ service, site: siteOf(installation, service) }));
  const register = siteOf(installation, REGISTER);
  const inOthers = (work: (site: TenantSite) => Promise<unknown>) => async () => {
    await Promise.all(sites.filter(({ service }) => service !== REGISTER).map(({ site }) => work(site)));
  };
  return [
    {
      name: 'closing in the register',
      run: async () => {
        if (!(await closeTenant(register, id, now))) throw conflict('tenant_kept', `Somebody has just reopened ${id}: it is kept.`);
      },
    },
    { name: 'closing', run: inOthers((site) => closeTenant(site, id)) },
    ...installation.extras.toReversed().map((extra) => ({ name: extra.name, run: () => extra.remove(id) })),
    { name: 'silence', run: () => sleep(installation.silenceMs ?? SILENCE_MS) },
    { name: 'topics', run: () => removeTopics(createKafka({ ...kafka, retries: KAFKA_TRIES }), id, { prefix }) },
    ...(kafkaAccess ? [{ name: 'kafka access', run: () => removeAccess(kafka, id, { ...kafkaAccess, prefix }) }] : []),
    ...sites.map(({ service, site }) => ({ name: `database of ${service}`, run: () => dropFromDatabase(site, id) })),
    { name: 'keys', run: () => withKeys(installation, (keys) => dropTenantKeys(keys, id)) },
    { name: 'looking for what is left', run: () => assertNothingLeft(installation, id) },
    // The register's tombstone last: until it stands, the next sweep takes the tenant up again.
    { name: 'tombstones', run: inOthers((site) => buryTenant(site, id)) },
    { name: 'tombstone of the register', run: () => buryTenant(register, id) },
  ];
}

async function withKeys<T>(installation: Installation, work: (keys: KeySite) => Promise<T>): Promise<T> {
  const keys = installation.keys();
  try {
    return await work(keys);
  } finally {
    await keys.kek.close();
  }
}

async function assertNothingLeft(installation: Installation, id: string): Promise<void> {
  const { kafka, kafkaAccess, topicPrefix: prefix } = installation;
  const left = (
    await Promise.all([
      ...TENANT_SERVICES.map((service) => tenantLeft(siteOf(installation, service), id)),
      withKeys(installation, (keys) => tenantKeysLeft(keys, id)),
      topicsLeft(createKafka({ ...kafka, retries: KAFKA_TRIES }), id, { prefix }),
      ...(kafkaAccess ? [accessLeft(kafka, id, { ...kafkaAccess, prefix })] : []),
      ...installation.extras.map((extra) => extra.left(id)),
    ])
  ).flat();
  if (left.length > 0) throw new Error(`Something of ${id} is left, which should be gone: ${left.join('; ')}. Run "heed tenant sweep" again.`);
}
