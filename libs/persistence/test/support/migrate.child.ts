import { armFailpoint } from '@heed/kernel';
import { migrate } from '@heed/persistence';
import type { MigrateOptions } from '@heed/persistence';

/** The job as a process of its own, so that a spec can kill it: node migrate.child.ts '{…}' [failpoint] */
const [options = '{}', failpoint] = process.argv.slice(2);
armFailpoint(failpoint, 'test');
await migrate({ ...(JSON.parse(options) as Omit<MigrateOptions, 'progress'>), progress: (line) => process.stdout.write(`${line}\n`) });
