import { partHealths, postgresAdminUrl, type Health } from '@heed/local';
import { readCliConfig } from '../cli.config.js';
import { Api } from './api.js';
import { runningSystem } from './running-system.js';
import { localToken } from './token.js';

/** The public shape of `heed status --json`. */
export interface SystemStatus {
  readonly origin: string;
  readonly kafka: string;
  /** With the superuser's password, so that a program can read the stores themselves. */
  readonly postgres: string;
  /** Of the keys database: without a password, nobody reads there. */
  readonly keysPostgres: string;
  readonly parts: readonly { name: string; port: number | null; pid: number | null; health: Health }[];
  readonly tenants: readonly TenantStatus[];
}

export interface TenantStatus {
  readonly id: string;
  readonly purposes: readonly { id: string; basis: string }[];
  readonly notices: readonly { id: string; version: string; languages: readonly string[] }[];
  readonly dataStores: readonly { id: string; kind: string }[];
}

export async function systemStatus(): Promise<SystemStatus> {
  const system = runningSystem();
  const { home } = readCliConfig();
  const parts = await partHealths(home, system);
  const tenants = await Promise.all(system.tenants.map((tenant) => tenantStatus(system.origin, tenant)));
  return { origin: system.origin, kafka: system.kafka, postgres: postgresAdminUrl(home, system), keysPostgres: system.keysPostgres, parts, tenants };
}

interface PurposesAnswer {
  readonly items: readonly { readonly id: string; readonly basis: string }[];
  readonly notices: TenantStatus['notices'];
}

interface StoresAnswer {
  readonly items: readonly { readonly id: string; readonly kind: string }[];
}

/** What the services know of a tenant; while one of them is down its part is empty, and the parts say why. */
async function tenantStatus(origin: string, id: string): Promise<TenantStatus> {
  const api = new Api(origin, await localToken(id, ['platform']).catch(() => ''));
  const [purposes, stores] = await Promise.all([
    api.get<PurposesAnswer>('/v1/purposes').catch((): PurposesAnswer => ({ items: [], notices: [] })),
    api.get<StoresAnswer>('/v1/data-stores?limit=200').catch((): StoresAnswer => ({ items: [] })),
  ]);
  return {
    id,
    purposes: purposes.items.map((purpose) => ({ id: purpose.id, basis: purpose.basis })),
    notices: purposes.notices.map(({ id: notice, version, languages }) => ({ id: notice, version, languages })),
    dataStores: stores.items.map((store) => ({ id: store.id, kind: store.kind })),
  };
}
