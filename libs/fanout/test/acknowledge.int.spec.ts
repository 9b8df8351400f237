import { watchDeadlines } from '@heed/fanout';
import { makeLogger } from '@heed/observability';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { FanoutBed } from './fanout-bed.js';

let bed: FanoutBed;

beforeEach(async () => {
  bed = await FanoutBed.make();
  await bed.activate(1, 2);
  return () => bed.stop();
});

describe('acknowledgements', () => {
  it('of the last two stores at the same moment close the dispatch', async () => {
    const [dispatch] = await bed.open();
    const one = await bed.paused((tx) => bed.fanout.acknowledged(tx, [bed.answer(dispatch!, 'crm')]));
    const other = bed.acknowledge(bed.answer(dispatch!, 'telemetry'));
    await bed.blockedOrDone(other);
    await one.commit();
    await other;
    expect((await bed.found()).get(dispatch!.id)).toMatchObject({ state: 'done', targets: { crm: 'done', telemetry: 'done' } });
  });

  it('that come while the command is being sent again wait for it, and it for them', async () => {
    const [dispatch] = await bed.open();
    const answering = await bed.paused((tx) => bed.fanout.acknowledged(tx, [bed.answer(dispatch!, 'crm')]));
    await bed.sender().round();
    expect(await bed.commands()).toEqual([]);
    await answering.commit();
    bed.clock.advance({ seconds: 1 });
    await bed.sender().round();
    expect(await bed.commands()).toMatchObject([{ dispatchId: dispatch!.id, targets: ['telemetry'] }]);
  });

  it('that come while identifiers are being sealed are heeded: nobody is asked who has answered', async () => {
    const [one, other] = await bed.open(2);
    const sender = bed.sender(bed.sealer(() => bed.acknowledge(bed.answer(one!, 'crm'), bed.answer(one!, 'telemetry'), bed.answer(other!, 'crm'))));
    await sender.round();
    bed.clock.advance({ seconds: 1 });
    await bed.sender().round();
    expect(await bed.commands()).toMatchObject([{ dispatchId: other!.id, targets: ['telemetry'] }]);
    expect((await bed.found()).get(one!.id)?.state).toBe('done');
  });
});

describe('a store that is mapped while identifiers are being sealed', () => {
  it.each([
    ['and every other store is still asked', 'pending'],
    ['and every other store had refused', 'refused'],
  ] as const)('gets the command as well: %s', async (_, others) => {
    const [dispatch] = await bed.open();
    if (others === 'refused') {
      const said = { outcome: 'refused', reason: 'not_mapped' } as const;
      await bed.acknowledge(bed.answer(dispatch!, 'crm', said), bed.answer(dispatch!, 'telemetry', said));
    }
    await bed.sender(bed.sealer(() => bed.activate(2, 3))).round();
    bed.clock.advance({ seconds: 1 });
    await bed.sender().round();
    expect((await bed.commands()).flatMap((command) => command.targets)).toContain('sessions');
  });
});

describe('everything that moves dispatches, at once', () => {
  const shuffled = <T>(list: readonly T[]): T[] => list.map((one) => [Math.random(), one] as const).sort(([a], [b]) => a - b).map(([, one]) => one);

  it('waits for each other and never in a ring', async () => {
    const erasures = Array.from({ length: 20 }, () => bed.dispatch('erasure'));
    await bed.unitOfWork.run('ajuni', (tx) => bed.fanout.open(tx, erasures));
    const withdrawals = await bed.open(20);
    const all = [...erasures, ...withdrawals];
    const [ids, refs] = [erasures.map((d) => d.id), all.map((d) => d.ref)];
    const ends = (): string => new Date(bed.clock.now().getTime() + 86_400_000).toISOString();
    const clear = (): { dispatchId: string; clearanceId: string; expiresAt: string }[] =>
      shuffled(ids).map((dispatchId) => ({ dispatchId, clearanceId: randomUUID(), expiresAt: ends() }));
    const held = { outcome: 'held', reason: 'legal_hold' } as const;
    const run = bed.unitOfWork.run.bind(bed.unitOfWork, 'ajuni');
    let mapVersion = 1;
    const moves: readonly (() => Promise<unknown>)[] = [
      () => bed.sender().round(),
      () => bed.sender().round(),
      () => bed.acknowledge(...shuffled(all).map((d) => bed.answer(d, 'crm', held))),
      () => bed.acknowledge(...shuffled(all).map((d) => bed.answer(d, 'telemetry', held))),
      () => run((tx) => bed.fanout.cleared(tx, clear())),
      () => run((tx) => bed.fanout.heldBack(tx, shuffled(ids))),
      () => run((tx) => bed.fanout.released(tx, shuffled(refs))),
      () => run((tx) => bed.fanout.superseded(tx, shuffled(withdrawals).map((d) => ({ ref: d.ref, version: d.version + 1, purposes: ['marketing_email'], by: 'another' })))),
      () => watchDeadlines(bed.database, bed.unitOfWork, makeLogger('test', 'silent')),
      () => (mapVersion < 6 ? bed.activate(++mapVersion, mapVersion) : Promise.resolve()),
    ];
    for (let round = 0; round < 6; round += 1) {
      bed.clock.advance({ hours: 1 });
      await Promise.all(shuffled(moves).map((move) => move()));
    }
    expect(await bed.deadlocks()).toBe(0);
  });
});
