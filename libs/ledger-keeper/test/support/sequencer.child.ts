import { armFailpoint } from '@heed/kernel';
import type { Place } from './keeper.js';

/** A process that records and sequences until it is killed: node sequencer.child.ts '{…}' failpoint */
const [place = '{}', failpoint] = process.argv.slice(2);
armFailpoint(failpoint, 'test');
const { keeperOn } = (await import(new URL('keeper.ts', import.meta.url).href)) as typeof import('./keeper.js');
const keeper = await keeperOn(JSON.parse(place) as Place);
keeper.sequencer.start();
for (let n = 0; n < 1000; n += 1) {
  await keeper.unitOfWork.run('ajuni', async (tx) => {
    for (let i = 0; i < 40; i += 1) tx.record({ kind: 'consent.given', data: { n, i } });
  });
}
process.stdout.write('was not killed\n');
process.exit(1);
