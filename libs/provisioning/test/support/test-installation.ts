import { FileKek } from '@heed/crypto';
import { migrateKeys } from '@heed/key-store';
import { migrate, persistenceMigrations } from '@heed/persistence';
import type { MigrationSet } from '@heed/persistence';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { armFailpoint } from '@heed/kernel';
import { createTenant, sweepTenants } from '@heed/provisioning';
import type { Installation, TenantExtra } from '@heed/provisioning';

/** What a process of its own has to be told, to work on the same installation. */
export interface Place {
  readonly adminUrl: string;
  readonly brokers: string;
  readonly prefix: string;
  readonly dir: string;
}

/** Five databases with Heed's own shared tables and a table of people in each tenant's schema; topics; a folder of files. */
export function testInstallation(place: Place, tell: (line: string) => void = () => undefined): Installation {
  const { adminUrl, dir } = place;
  const database = (service: string): string => `test_${place.prefix.replaceAll('.', '')}_${service.replaceAll('-', '_')}`;
  const keysDir = (service: string): string => path.join(dir, 'keys', service);
  const keys = () => ({ database: database('keys'), kek: new FileKek(path.join(dir, 'kek')) });
  const people: MigrationSet = { name: 'people', scope: 'tenant', dir: path.join(import.meta.dirname, 'migrations') };
  return {
    postgres: { adminUrl },
    database,
    keysDir,
    migrate: async (service, tenants) => {
      await migrate({ service, database: database(service), adminUrl, password: 'test', tenants, keysDir: keysDir(service), sets: [...persistenceMigrations, people], progress: tell });
      await migrateKeys({ service, ...keys(), adminUrl, password: 'test', tenants: tenants.map(({ id }) => id), progress: tell });
    },
    keys: () => ({ ...keys(), access: { adminUrl } }),
    kafka: { brokers: [place.brokers], clientId: 'test' },
    kafkaAccess: undefined,
    topicPrefix: place.prefix,
    silenceMs: 0,
    extras: [fileOf(dir, 'client'), fileOf(dir, 'agent')],
    tell,
  };
}

function fileOf(dir: string, name: string): TenantExtra {
  const file = (tenant: string): string => path.join(dir, `${name}-${tenant}`);
  return {
    name,
    make: async ({ id }) => {
      await mkdir(dir, { recursive: true });
      await writeFile(file(id), id);
    },
    remove: (id) => rm(file(id), { force: true }),
    left: async (id) => (existsSync(file(id)) ? [file(id)] : []),
  };
}

/** Also a command as a process of its own, so that a spec can kill it: node test-installation.ts '{…}' create|sweep <id> [failpoint] */
async function command([place = '{}', what, id = '', failpoint]: readonly string[]): Promise<void> {
  armFailpoint(failpoint, 'test');
  const installation = testInstallation(JSON.parse(place) as Place, (line) => process.stdout.write(`${line}\n`));
  if (what === 'create') await createTenant(installation, { id, isolation: 'login' }, () => undefined);
  else await sweepTenants(installation, new Date(), () => undefined);
}

if (process.argv[1] === import.meta.filename) await command(process.argv.slice(2));
