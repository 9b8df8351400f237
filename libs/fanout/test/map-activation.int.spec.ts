import { beforeEach, describe, expect, it } from 'vitest';
import { FanoutBed } from './fanout-bed.js';

const STORES = ['crm', 'telemetry', 'sessions', 'mail', 'warehouse', 'archive'];
let bed: FanoutBed;

beforeEach(async () => {
  bed = await FanoutBed.make();
  return () => bed.stop();
});

describe('a data map is activated', () => {
  it('while a dispatch is being opened with the version before: it waits, and adds the new store to it', async () => {
    await bed.activate(1, 1);
    const dispatch = bed.dispatch();
    const opening = await bed.paused((tx) => bed.fanout.open(tx, [dispatch]));
    const activating = bed.activate(2, 2);
    await bed.blockedOrDone(activating);
    await opening.commit();
    await activating;
    expect((await bed.found()).get(dispatch.id)).toEqual({ state: 'in_progress', mapVersion: 2, targets: { crm: 'pending', telemetry: 'pending' } });
  });

  it('and a dispatch that is opened meanwhile waits for it and is said to the new store too', async () => {
    await bed.activate(1, 1);
    await bed.unitOfWork.run('ajuni', (tx) => bed.fanout.mapProposed(tx, 2, bed.stores.stores.slice(0, 2)));
    const activating = await bed.paused((tx) => bed.fanout.mapActivated(tx, 2));
    const opening = bed.open();
    await bed.blockedOrDone(opening);
    await activating.commit();
    const [dispatch] = await opening;
    expect((await bed.found()).get(dispatch!.id)).toEqual({ state: 'in_progress', mapVersion: 2, targets: { crm: 'pending', telemetry: 'pending' } });
  });

  it('over and over while many are opened: each has exactly the stores of the map it names, and no store is missed', async () => {
    await bed.activate(1, 1);
    const opening = Array.from({ length: 12 }, async () => {
      for (let i = 0; i < 10; i += 1) await bed.open();
    });
    for (let version = 2; version <= STORES.length; version += 1) await bed.activate(version, version);
    await Promise.all(opening);
    const found = [...(await bed.found()).values()];
    expect(found).toHaveLength(120);
    for (const { mapVersion, targets } of found) expect([mapVersion, Object.keys(targets)]).toEqual([STORES.length, expect.arrayContaining(STORES)]);
    expect(await bed.deadlocks()).toBe(0);
  });
});
