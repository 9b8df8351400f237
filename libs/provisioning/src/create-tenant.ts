import { applyAccess, applyTopics, createKafka } from '@heed/kafka';
import { conflict, refused, tenantId } from '@heed/kernel';
import type { RegisteredTenant, Tenant } from '@heed/persistence';
import { aloneWith, KAFKA_TRIES, listTenants, TENANT_SERVICES } from './installation.js';
import type { Installation } from './installation.js';
import { runSteps } from './run-steps.js';
import type { StepDone, TenantStep } from './run-steps.js';

/**
 * Makes everything of a tenant, or what is missing of it: running services take it up by themselves. Topics come first, so
 * that no service meets a tenant without them.
 * @throws HeedError `tenant_id_invalid`, `tenant_dropped`, `tenant_closing`
 */
export async function createTenant(installation: Installation, tenant: Tenant, onStep: (step: StepDone) => void): Promise<void> {
  if (!tenantId.safeParse(tenant.id).success) throw refused('tenant_id_invalid', `"${tenant.id}" is no tenant id: lower-case letters, digits and hyphens, beginning with a letter.`);
  await aloneWith(installation, tenant.id, async () => {
    assertMayBeMade((await listTenants(installation)).find(({ id }) => id === tenant.id), tenant);
    await runSteps('create', stepsOf(installation, tenant), onStep);
  });
}

function assertMayBeMade(known: RegisteredTenant | undefined, { id }: Tenant): void {
  if (known?.state === 'dropped') {
    throw conflict('tenant_dropped', `There was a tenant ${id}, which was closed and dropped: its id is not given to another, choose one that is new.`);
  }
  if (known?.state === 'closed' || known?.state === 'closing') {
    throw conflict('tenant_closing', `The tenant ${id} is being closed: see "heed tenant list"; while it is closing, "heed tenant close ${id} --cancel" keeps it.`);
  }
}

function stepsOf(installation: Installation, tenant: Tenant): readonly TenantStep[] {
  const { kafka, kafkaAccess, topicPrefix: prefix } = installation;
  return [
    { name: 'topics', run: async () => void (await applyTopics(createKafka({ ...kafka, retries: KAFKA_TRIES }), [tenant.id], { prefix })) },
    ...(kafkaAccess ? [{ name: 'kafka access', run: async () => void (await applyAccess(kafka, [tenant.id], { ...kafkaAccess, prefix })) }] : []),
    ...TENANT_SERVICES.map((service) => ({ name: `database of ${service}`, run: () => installation.migrate(service, [tenant]) })),
    ...installation.extras.map((extra) => ({ name: extra.name, run: () => extra.make(tenant) })),
  ];
}
