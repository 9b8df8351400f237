import { SERVICES, startKafka, startPostgres } from '@heed/local';
import type { EmbeddedKafka, EmbeddedPostgres, ServiceName } from '@heed/local';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const checkout = path.resolve(import.meta.dirname, '../../../..');

export interface BenchTenant {
  readonly id: string;
  readonly isolation: 'role' | 'login';
}

/** One in twenty asks for a login of its own. */
export const benchTenants = (count: number): readonly BenchTenant[] =>
  Array.from({ length: count }, (_, n) => ({ id: `bench-${String(n).padStart(5, '0')}`, isolation: n % 20 === 0 ? 'login' : 'role' }));

/** The servers of a cell, empty, in a folder of their own; durable, as an operator's are. */
export class Cell {
  private constructor(
    readonly dir: string,
    readonly postgres: EmbeddedPostgres,
    public kafka: EmbeddedKafka,
  ) {}

  static async start(): Promise<Cell> {
    const dir = await mkdtemp(path.join(tmpdir(), 'heed-cell-'));
    await chmod(dir, 0o755); // PostgreSQL runs as its own user
    const postgres = await startPostgres({ dir: path.join(dir, 'postgres'), port: 0 });
    return new Cell(dir, postgres, await startKafka({ dir: path.join(dir, 'kafka'), port: 0, controllerPort: 0 }));
  }

  async stop(): Promise<void> {
    await this.kafka.stop();
    await this.postgres.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Runs the migration program of one service, as an operator's job does. @returns milliseconds */
  async migrate(service: ServiceName, tenants: readonly BenchTenant[]): Promise<number> {
    const begin = performance.now();
    await run(process.execPath, [path.join(checkout, 'services', service, 'dist', 'migrate.js')], {
      maxBuffer: 64 << 20,
      env: {
        PATH: '/usr/bin:/bin',
        HEED_DATABASE_ADMIN_URL: this.postgres.url,
        HEED_DATABASE_PASSWORD: 'bench',
        HEED_TENANTS: JSON.stringify(tenants),
        HEED_KEYS_DIR: path.join(this.dir, 'keys', service),
        LOG_LEVEL: 'warn',
      },
    });
    return performance.now() - begin;
  }

  async migrateAll(tenants: readonly BenchTenant[]): Promise<number> {
    let ms = 0;
    for (const service of SERVICES) ms += await this.migrate(service, tenants);
    return ms;
  }

  database(service: ServiceName): { admin: string; login: string; name: string } {
    const name = `heed_${service.replaceAll('-', '_')}`;
    const admin = new URL(this.postgres.url);
    admin.pathname = `/${name}`;
    const login = new URL(admin);
    login.username = name;
    login.password = 'bench';
    return { admin: admin.href, login: login.href, name };
  }
}
