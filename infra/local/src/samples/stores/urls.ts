export type SampleStore = 'crm' | 'telemetry';

/** Database and login role of a tenant's sample store. */
export const storeDatabase = (store: SampleStore, tenant: string): string => `${store}_${tenant.replaceAll('-', '_')}`;

/** Superuser URL of a sample store: for seeding and for audits, never for the agent. */
export function storeAdminUrl(adminUrl: string, store: SampleStore, tenant: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${storeDatabase(store, tenant)}`;
  return url.href;
}

/** What the agent logs in with: the role has the grants of the README and no more. */
export function storeAgentUrl(adminUrl: string, store: SampleStore, tenant: string, password: string): string {
  const url = new URL(storeAdminUrl(adminUrl, store, tenant));
  url.username = storeDatabase(store, tenant);
  url.password = encodeURIComponent(password);
  return url.href;
}
