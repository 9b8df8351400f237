import { loadSamplePack } from '@heed/policy';
import { eventProbe, eventually, ServiceBed, VirtualClock } from '@heed/testing';
import type { Answer, EventProbe, StartedService, TestPrincipal } from '@heed/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReviewJob } from '../src/access/review/review.job.js';
import { registryService } from '../src/index.js';

const overdue = () => bus.seen('heed.registry.access_review_overdue.v1').filter(({ tenant }) => tenant === 'ajuni');

let clock: VirtualClock;
let bed: ServiceBed;
let registry: StartedService;
let bus: EventProbe;

beforeAll(async () => {
  clock = new VirtualClock('2026-11-30T10:00:00Z');
  bed = await ServiceBed.make({ clock, tenants: [{ id: 'ajuni', isolation: 'role' }, { id: 'aurigen', isolation: 'role' }] });
  const { stepUpKeys: _, ...definition } = registryService; // the bed signs step-ups
  registry = await bed.start(definition, registryService.migrations, { HEED_ACCESS_REPORT_EVERY_MS: '50', HEED_ACTIVATION_EVERY_MS: '50' });
  bus = await eventProbe(bed.topicPrefix, ['heed.subprocessor-registry.events.v1']);
  for (const tenant of ['ajuni', 'aurigen'] as const) {
    expect((await call('POST', '/v1/policies', { tenant, roles: ['tenant-admin'], sub: 'admin' }, { pack: loadSamplePack(tenant) })).status).toBe(201);
    await eventually(async () => expect(await registry.sql(`SELECT 1 FROM t_${tenant}.access_review_head`)).toHaveLength(1));
  }
});
afterAll(async () => {
  await bus.stop();
  await bed.stop();
});

const call = (method: 'GET' | 'POST', path: string, who: TestPrincipal, body?: unknown): Promise<Answer> => registry.call(method, path, who, body);
const admin = (sub = 'admin', tenant = 'ajuni'): TestPrincipal => ({ tenant, roles: ['tenant-admin'], sub });
const reviews = async (tenant = 'ajuni'): Promise<Record<string, unknown>[]> => (await call('GET', '/v1/access-reviews', admin('admin', tenant))).body['items'] as Record<string, unknown>[];
const review = async (id: unknown): Promise<{ items: Record<string, unknown>[] } & Record<string, unknown>> => (await call('GET', `/v1/access-reviews/${String(id)}?limit=100`, admin())).body as never;
const decide = (who: TestPrincipal, reviewId: unknown, entryId: unknown, decision: string): Promise<Answer> =>
  call('POST', `/v1/access-reviews/${String(reviewId)}/entries/${String(entryId)}/decide`, who, { decision, note: 'looked at' });

/** What the job does every second, done now. */
const look = (): Promise<void> => registry.service.app.get(ReviewJob, { strict: false }).run();

async function seen(who: TestPrincipal): Promise<void> {
  expect((await call('GET', '/v1/policies', who)).status).toBe(200);
  await eventually(async () => expect(await registry.sql(`SELECT 1 FROM t_${who.tenant}.role_holder WHERE subject = $1`, [who.sub])).not.toEqual([]));
}

describe('a review of who holds which role', () => {
  it('AJU-50: is opened in time for the day on which the last one is a quarter old, a month-end like others', async () => {
    for (const who of [admin(), admin('second'), { tenant: 'ajuni', roles: ['dpo'], sub: 'eve' }]) await seen(who);
    clock.set('2027-02-14T09:59:00Z');
    await look();
    expect(await reviews()).toEqual([]);
    clock.set('2027-02-14T10:00:00Z');
    const [opened] = await eventually(async () => ((await reviews()).length === 1 ? await reviews() : false));
    const every = loadSamplePack('ajuni').security.accessReviewEvery;
    expect(every).toEqual({ value: 'P3M', source: 'AJU-50' });
    expect(opened).toMatchObject({ state: 'open', every: every.value, promise: 'AJU-50', dueAt: '2027-02-28T10:00:00.000Z', entries: 3, undecided: 3 });
    const { items } = await review(opened?.['id']);
    expect(items.map(({ subject, role, since, decision }) => ({ subject, role, since, decision }))).toEqual(
      expect.arrayContaining([{ subject: 'eve', role: 'dpo', since: '2026-11-30T10:00:00.000Z', decision: null }]),
    );
  });

  it('AJU-48: with entries left when it is due is overdue, and told once', async () => {
    const [open] = await reviews();
    const [first] = (await review(open?.['id'])).items.filter(({ subject }) => subject === 'second');
    expect((await decide(admin(), open?.['id'], first?.['id'], 'keep')).body).toMatchObject({ decision: 'keep', decidedBy: 'admin', note: 'looked at' });
    clock.set('2027-02-28T10:00:00Z');
    await eventually(() => expect(overdue()).toHaveLength(1));
    expect(overdue()[0]).toMatchObject({ tenant: 'ajuni', data: { reviewId: open?.['id'], entries: 3, undecided: 2, dueAt: '2027-02-28T10:00:00.000Z', promise: 'AJU-50' } });
    expect(await reviews()).toMatchObject([{ state: 'overdue', undecided: 2 }]);
    clock.advance({ days: 3 });
    await look();
    expect(overdue()).toHaveLength(1);
  });

  it('is decided by nobody about themselves, and about each entry once', async () => {
    const [open] = await reviews();
    const { items } = await review(open?.['id']);
    const entryOf = (subject: string): unknown => items.find((item) => item['subject'] === subject)?.['id'];
    expect((await decide(admin(), open?.['id'], entryOf('admin'), 'keep')).body).toMatchObject({ status: 409, code: 'own_access' });
    expect((await decide(admin(), open?.['id'], entryOf('second'), 'revoke')).body).toMatchObject({ status: 409, code: 'entry_decided' });
    expect((await decide(admin('admin', 'aurigen'), open?.['id'], entryOf('eve'), 'revoke')).status).toBe(404);
  });

  it('takes away what nobody wants kept, and is closed in the ledger by its last decision', async () => {
    const [open] = await reviews();
    const { items } = await review(open?.['id']);
    const eve = { tenant: 'ajuni', roles: ['dpo'], sub: 'eve' };
    expect((await call('GET', '/v1/policies', eve)).status).toBe(200);
    await decide(admin(), open?.['id'], items.find(({ subject }) => subject === 'eve')?.['id'], 'revoke');
    expect((await call('GET', '/v1/policies', eve)).body).toMatchObject({ status: 403, code: 'role_missing' });
    await decide(admin('second'), open?.['id'], items.find(({ subject }) => subject === 'admin')?.['id'], 'keep');
    expect(await reviews()).toMatchObject([{ state: 'closed', undecided: 0, closedAt: clock.now().toISOString() }]);
    const [closed] = await registry.sql<{ data: unknown }>(`SELECT data FROM t_ajuni.ledger_entry WHERE kind = 'access_review.closed'`);
    expect(closed?.data).toEqual({ reviewId: open?.['id'], kept: 2, revoked: 1, promise: 'AJU-50' });
  });

  it('is followed by the next one, a quarter after it was closed, without whoever lost their role', async () => {
    clock.set('2027-06-03T10:00:00Z'); // closed on 3 March, due on 3 June: both dates have passed at once
    await eventually(() => expect(overdue()).toHaveLength(2));
    const [second] = await reviews();
    expect(second).toMatchObject({ state: 'overdue', dueAt: '2027-06-03T10:00:00.000Z', entries: 2 });
  });

  it('leaves a tenant an administrator who was seen lately', async () => {
    const [open] = await reviews();
    const { items } = await review(open?.['id']);
    const asDpo = (subject: string, decision: string): Promise<Answer> =>
      decide({ tenant: 'ajuni', roles: ['dpo'], sub: 'dora' }, open?.['id'], items.find((item) => item['subject'] === subject)?.['id'], decision);
    // `second` was seen three months ago.
    expect((await asDpo('admin', 'revoke')).body).toMatchObject({ status: 409, code: 'last_administrator' });
    expect(await reviews()).toMatchObject([{ undecided: 2 }, {}]);
    expect((await call('GET', '/v1/policies', admin('second'))).status).toBe(200);
    await eventually(async () => expect(await registry.sql(`SELECT 1 FROM t_ajuni.role_holder WHERE subject = 'second' AND last_seen = $1`, [clock.now()])).toHaveLength(1));
    expect((await asDpo('admin', 'revoke')).body).toMatchObject({ decision: 'revoke' });
    expect((await asDpo('second', 'revoke')).body).toMatchObject({ status: 409, code: 'last_administrator' });
    expect((await asDpo('second', 'keep')).body).toMatchObject({ decision: 'keep' });
  });

  it('AUR-19: comes every half year where the policy says so', async () => {
    expect(loadSamplePack('aurigen').security.accessReviewEvery).toEqual({ value: 'P6M', source: 'AUR-19' });
    const [first] = await eventually(async () => ((await reviews('aurigen')).length === 1 ? await reviews('aurigen') : false));
    expect(first).toMatchObject({ every: 'P6M', promise: 'AUR-19', dueAt: '2027-05-30T10:00:00.000Z' });
  });
});
