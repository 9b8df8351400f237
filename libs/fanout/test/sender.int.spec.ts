import { beforeEach, describe, expect, it } from 'vitest';
import { FanoutBed } from './fanout-bed.js';

let bed: FanoutBed;

beforeEach(async () => {
  bed = await FanoutBed.make([
    { id: 'ajuni', isolation: 'role' },
    { id: 'aurea', isolation: 'role' },
  ]);
  for (const tenant of ['ajuni', 'aurea']) await bed.activate(1, 2, tenant);
  return () => bed.stop();
});

describe('a tenant whose dispatches cannot be sent', () => {
  const sealerAway = () => bed.sealer((tenant) => (tenant === 'ajuni' ? Promise.reject(new Error('consent is away')) : undefined));

  it('holds up no other, and loses nothing: its own go out when the trouble is over', async () => {
    const [stuck] = await bed.open(1, 'ajuni');
    bed.clock.advance({ seconds: 1 });
    const [other] = await bed.open(1, 'aurea');
    await expect(bed.sender(sealerAway()).round()).rejects.toThrow('consent is away');
    expect(await bed.commands('aurea')).toMatchObject([{ dispatchId: other!.id }]);
    expect(await bed.commands('ajuni')).toEqual([]);
    await bed.sender().round();
    expect(await bed.commands('ajuni')).toMatchObject([{ dispatchId: stuck!.id, targets: ['crm', 'telemetry'] }]);
    expect(await bed.commands('aurea')).toHaveLength(1);
  });

  it('holds up no other however much of it is due', async () => {
    await bed.open(1, 'ajuni');
    for (let i = 0; i < 11; i += 1) await Promise.all(Array.from({ length: 100 }, () => bed.open(1, 'ajuni')));
    bed.clock.advance({ seconds: 1 });
    const [other] = await bed.open(1, 'aurea');
    for (let round = 0; round < 3; round += 1) await bed.sender(sealerAway()).round().catch(() => undefined);
    expect(await bed.commands('aurea')).toMatchObject([{ dispatchId: other!.id }]);
  });
});

describe('a withdrawal', () => {
  it('is sent before any number of grants that have waited longer: an import holds it up for one round at most', async () => {
    const grants = await bed.open(450, 'ajuni', 'grant');
    bed.clock.advance({ minutes: 10 });
    const [withdrawal] = await bed.open(1);
    await bed.sender().round();
    const first = (await bed.commands()).map(({ dispatchId }) => dispatchId);
    expect(first).toContain(withdrawal!.id);
    expect(first).toHaveLength(200);
    while (await bed.sender().round());
    expect((await bed.commands()).map(({ dispatchId }) => dispatchId).toSorted()).toEqual([...grants, withdrawal!].map(({ id }) => id).toSorted());
  });
});
