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
  return { origin: system.origin, kafka: system.kafka, postgres: postgresAdminUrl(home, system), parts, tenants };
}

/** What the services know of a tenant; while one of them is down its part is empty, and the parts say why. */
async function tenantStatus(origin: string, id: string): Promise<TenantStatus> {
  const api = new Api(origin, await localToken(id, ['platform']).catch(() => ''));
  const list = <T>(path: string): Promise<T[]> => api.get<{ items: T[] }>(path).then((page) => page.items, () => []);
  const [purposes, dataStores, notices] = await Promise.all([
    list<{ id: string; basis: string }>('/v1/purposes?limit=200'),
    list<{ id: string; kind: string }>('/v1/data-stores?limit=200'),
    consentNotices(api),
  ]);
  return {
    id,
    purposes: purposes.map(({ id, basis }) => ({ id, basis })),
    notices,
    dataStores: dataStores.map(({ id, kind }) => ({ id, kind })),
  };
}

async function consentNotices(_api: Api): Promise<TenantStatus['notices']> {
  return [];
}
