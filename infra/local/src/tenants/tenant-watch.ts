import { existsSync } from 'node:fs';
import { Loop } from '@heed/kernel';
import type { Home } from '../system/home.js';
import { agentFile } from '../system/parts.js';
import { localTenants, type LocalTenant } from '../system/tenants.js';

export interface TenantWatchOptions {
  readonly home: Home;
  /** Tenants whose agent runs under this start. */
  readonly running: () => readonly string[];
  readonly begin: (tenant: LocalTenant) => Promise<void>;
  readonly end: (tenant: string) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

const LOOK_EVERY_MS = 500;

/** Follows the tenants of a home while everything runs: whoever has a pack and an agent's file gets an agent. */
export class TenantWatch {
  private readonly loop: Loop;

  constructor(private readonly options: TenantWatchOptions) {
    this.loop = new Loop({ step: () => this.look(), onError: options.onError, idleMs: LOOK_EVERY_MS });
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
  }

  private async look(): Promise<boolean> {
    const { home } = this.options;
    const wanted = localTenants(home).filter(({ id }) => existsSync(agentFile(home, id)));
    const running = this.options.running();
    for (const id of running) if (!wanted.some((tenant) => tenant.id === id)) await this.options.end(id);
    for (const tenant of wanted) if (!running.includes(tenant.id)) await this.options.begin(tenant);
    return false;
  }
}
