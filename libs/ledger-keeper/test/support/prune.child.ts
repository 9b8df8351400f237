import { armFailpoint } from '@heed/kernel';
import { PruneLedgers } from '@heed/ledger-keeper';
import { makeLogger } from '@heed/observability';
import type { Place } from './keeper.js';

/** The job as a process of its own: node prune.child.ts '{…}' time failpoint */
const [place = '{}', time = '', failpoint] = process.argv.slice(2);
armFailpoint(failpoint, 'test');
const { keeperOn } = (await import(new URL('keeper.ts', import.meta.url).href)) as typeof import('./keeper.js');
const { database, unitOfWork } = await keeperOn({ ...(JSON.parse(place) as Place), clock: { now: () => new Date(time) } });
await new PruneLedgers({ database, unitOfWork, logger: makeLogger('test', 'fatal'), plans: {} }).run();
process.exit(0);
