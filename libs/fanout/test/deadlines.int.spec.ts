import { OpenTargets, watchDeadlines } from '@heed/fanout';
import { makeLogger, metrics } from '@heed/observability';
import { tenantClosed } from '@heed/persistence';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FanoutBed } from './fanout-bed.js';

const TENANTS = ['ajuni', 'aurea', 'askasia'];
let bed: FanoutBed;

beforeEach(async () => {
  bed = await FanoutBed.make(TENANTS.map((id) => ({ id, isolation: 'role' })));
  for (const tenant of TENANTS) await bed.activate(1, 2, tenant);
  return () => bed.stop();
});

const watch = (): Promise<void> => watchDeadlines(bed.database, bed.unitOfWork, makeLogger('test', 'silent'));
const targets = async (id: string): Promise<unknown> => (await bed.found()).get(id);

describe('a dispatch whose time is over', () => {
  it('is overdue, with every store that has not answered, and a day later escalated', async () => {
    const [dispatch] = await bed.open();
    await bed.acknowledge(bed.answer(dispatch!, 'crm'));
    bed.clock.advance({ minutes: 59 });
    await watch();
    expect(await targets(dispatch!.id)).toMatchObject({ state: 'in_progress', targets: { crm: 'done', telemetry: 'pending' } });
    bed.clock.advance({ minutes: 1 });
    await watch();
    expect(await targets(dispatch!.id)).toMatchObject({ state: 'overdue', targets: { crm: 'done', telemetry: 'overdue' } });
    bed.clock.advance({ hours: 23 });
    await watch();
    expect(await targets(dispatch!.id)).toMatchObject({ targets: { telemetry: 'overdue' } });
    bed.clock.advance({ hours: 1 });
    await watch();
    await watch();
    expect(await targets(dispatch!.id)).toMatchObject({ state: 'overdue', targets: { telemetry: 'escalated' } });
    const { rows } = await bed.admin.query(`SELECT kind FROM t_ajuni.ledger_entry WHERE kind IN ('target.overdue', 'target.escalated') ORDER BY id`);
    expect(rows).toEqual([{ kind: 'target.overdue' }, { kind: 'target.escalated' }]);
  });

  it('that passed while a hold stood is overdue as soon as it is cleared', async () => {
    const erasure = bed.dispatch('erasure');
    await bed.unitOfWork.run('ajuni', (tx) => bed.fanout.open(tx, [erasure]));
    await bed.unitOfWork.run('ajuni', (tx) => bed.fanout.heldBack(tx, [erasure.id]));
    bed.clock.advance({ hours: 2 });
    await watch();
    expect(await targets(erasure.id)).toMatchObject({ state: 'held' });
    const expiresAt = new Date(bed.clock.now().getTime() + 86_400_000).toISOString();
    await bed.unitOfWork.run('ajuni', (tx) => bed.fanout.cleared(tx, [{ dispatchId: erasure.id, clearanceId: randomUUID(), expiresAt }]));
    await watch();
    expect(await targets(erasure.id)).toMatchObject({ state: 'overdue', targets: { crm: 'overdue', telemetry: 'overdue' } });
  });

  it('has its whole time again when its hold is released, and is overdue after that', async () => {
    const erasure = bed.dispatch('erasure');
    await bed.unitOfWork.run('ajuni', (tx) => bed.fanout.open(tx, [erasure]));
    await bed.unitOfWork.run('ajuni', (tx) => bed.fanout.heldBack(tx, [erasure.id]));
    bed.clock.advance({ hours: 2 });
    await watch();
    await bed.unitOfWork.run('ajuni', (tx) => bed.fanout.released(tx, [erasure.ref]));
    await watch();
    expect(await targets(erasure.id)).toMatchObject({ state: 'in_progress', targets: { crm: 'pending' } });
    bed.clock.advance({ hours: 1 });
    await watch();
    expect(await targets(erasure.id)).toMatchObject({ state: 'overdue', targets: { crm: 'overdue' } });
  });

  it('is overdue at a store that is mapped only then', async () => {
    const [dispatch] = await bed.open();
    await bed.acknowledge(bed.answer(dispatch!, 'crm'), bed.answer(dispatch!, 'telemetry'));
    bed.clock.advance({ hours: 2 });
    await watch();
    await bed.activate(2, 3);
    await watch();
    expect(await targets(dispatch!.id)).toMatchObject({ state: 'overdue', targets: { sessions: 'overdue' } });
  });
});

describe('looking after tenants', () => {
  const open = async (tenant: string, state: string): Promise<number | undefined> => {
    const gauge = await metrics.getSingleMetric('heed_targets')?.get();
    return gauge?.values.find(({ labels }) => labels['tenant'] === tenant && labels['state'] === state)?.value;
  };

  it('passes over one that was closed, and forgets it', async () => {
    const count = new OpenTargets(bed.database, bed.unitOfWork);
    await bed.open(1, 'ajuni');
    await count.count();
    const run = vi.spyOn(bed.unitOfWork, 'run').mockRejectedValueOnce(tenantClosed());
    await count.count();
    expect(await open('ajuni', 'pending')).toBeUndefined();
    run.mockRestore();
    await count.count();
    expect(await open('ajuni', 'pending')).toBe(2);
  });

  it('costs no transaction where nothing is due, and where nothing is open', async () => {
    const count = new OpenTargets(bed.database, bed.unitOfWork);
    const [dispatch] = await bed.open(1, 'ajuni');
    const run = vi.spyOn(bed.unitOfWork, 'run');
    const lookedAt = async (job: () => Promise<void>): Promise<unknown[]> => {
      run.mockClear();
      await job();
      return run.mock.calls.map(([tenant]) => tenant);
    };
    expect(await lookedAt(watch)).toEqual([]);
    expect(await lookedAt(() => count.count())).toEqual(['ajuni']);
    expect(await open('ajuni', 'pending')).toBe(2);

    bed.clock.advance({ hours: 1 });
    expect(await lookedAt(watch)).toEqual(['ajuni']);
    bed.clock.advance({ days: 1 });
    expect(await lookedAt(watch)).toEqual(['ajuni']);
    await count.count();
    expect([await open('ajuni', 'pending'), await open('ajuni', 'escalated')]).toEqual([0, 2]);

    await bed.acknowledge(bed.answer(dispatch!, 'crm'), bed.answer(dispatch!, 'telemetry'));
    bed.clock.advance({ days: 1 });
    await watch();
    await count.count();
    expect(await open('ajuni', 'escalated')).toBe(0);
    expect(await lookedAt(() => count.count())).toEqual([]);
    expect(await lookedAt(watch)).toEqual([]);
  });
});
