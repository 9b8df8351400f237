import { cleared, clearanceHeld, holdReleased } from '@heed/contracts-retention';
import { messageSent } from '@heed/contracts-notifications';
import { newEvent, uuidv7 } from '@heed/kernel';
import type { HeedEvent, NewEvent } from '@heed/kernel';
import { loadSamplePack } from '@heed/policy';
import type { SampleTenant } from '@heed/policy';
import { ConsentPeer, eventProbe, eventually, ServiceBed, TestStores, VirtualClock } from '@heed/testing';
import type { Answer, EventProbe, StartedService } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { dsarMigrations, dsarService } from '../src/index.js';

export const STORES = ['crm', 'telemetry', 'mail-processor'];
const RETENTION = '/heed/retention';

type Event = HeedEvent<Record<string, unknown>>;

/** Dsar on real PostgreSQL and Kafka; the bus plays registry, retention, notifications and the stores' agent. */
export class DsarUnderTest {
  private constructor(
    readonly clock: VirtualClock,
    readonly bed: ServiceBed,
    /** Another one after a restart. */
    public dsar: StartedService,
    readonly consent: ConsentPeer,
    readonly bus: EventProbe,
    readonly stores: TestStores,
  ) {}

  static async start(tenants: readonly SampleTenant[], env: Readonly<Record<string, string>> = {}): Promise<DsarUnderTest> {
    const clock = new VirtualClock('2026-11-20T12:30:00Z'); // a Friday, 18:00 in India
    const bed = await ServiceBed.make({ clock, tenants: tenants.map((id) => ({ id, isolation: id === 'askasia' ? 'login' : 'role' })) });
    const stores = new TestStores(clock, STORES);
    const consent = await ConsentPeer.start(stores.stores);
    const dsar = await bed.start(dsarService, dsarMigrations, { HEED_CONSENT_URL: consent.url, DSAR_RESOLVE_TIMEOUT_MS: '2000', ...env });
    const bus = await eventProbe(bed.topicPrefix, ['heed.dsar.events.v1', ...tenants.map((tenant) => `heed.t.${tenant}.commands.v1`)]);
    return new DsarUnderTest(clock, bed, dsar, consent, bus, stores);
  }

  /** The tenant's policy and data map, as the registry tells them. */
  async prepare(tenant: SampleTenant): Promise<void> {
    await this.bus.publish(this.stores.policy(tenant, loadSamplePack(tenant)), ...this.stores.mapped(tenant));
    await eventually(async () => {
      const rows = await this.dsar.sql(`SELECT 1 FROM t_${tenant}.data_map WHERE active`);
      return rows.length === 1;
    }, { timeoutMs: 30_000 });
  }

  async stop(): Promise<void> {
    await this.bus.stop();
    await this.bed.stop();
    await this.consent.goAway();
  }

  call(method: 'GET' | 'POST', route: string, body?: unknown, tenant = 'ajuni', roles = ['dpo'], headers = {}): Promise<Answer> {
    return this.dsar.call(method, route, { tenant, roles }, body, headers);
  }

  open(email = `${randomUUID()}@example.com`, tenant = 'ajuni', more: object = {}): Promise<Answer> {
    return this.call('POST', '/v1/requests', { type: 'erase', subject: { identifiers: [{ type: 'email', value: email }] }, ...more }, tenant, ['platform']);
  }

  async request(id: unknown, tenant = 'ajuni'): Promise<Record<string, unknown>> {
    return (await this.call('GET', `/v1/requests/${String(id)}`, undefined, tenant)).body;
  }

  /** A case that was verified and approved. */
  async approved(email?: string, tenant = 'ajuni'): Promise<{ id: string; dispatchId: string; ref: string }> {
    const id = String((await this.open(email, tenant)).body['id']);
    await this.call('POST', `/v1/requests/${id}/verify`, { method: 'operator_attested', note: 'known by account' }, tenant);
    const { body } = await this.call('POST', `/v1/requests/${id}/approve`, { note: 'checked' }, tenant);
    return { id, dispatchId: String((body['dispatchIds'] as string[])[0]), ref: String(body['ref']) };
  }

  /** Waits for dsar to say something about a case or dispatch. */
  async said(type: string, match: Record<string, unknown>, nth = 1): Promise<Event> {
    const fits = (event: Event): boolean => Object.entries(match).every(([key, value]) => event.data[key] === value);
    return eventually(() => this.bus.seen(type).filter(fits)[nth - 1] ?? false, { timeoutMs: 20_000 });
  }

  command(dispatchId: string, nth = 1): Promise<Event> {
    return this.said('heed.command.erasure.v1', { dispatchId }, nth);
  }

  async clear(dispatchId: string, attempt = 1): Promise<void> {
    const { data, tenant } = await this.said('heed.dsar.clearance_requested.v1', { dispatchId, attempt });
    const expiresAt = new Date(this.clock.now().getTime() + 86_400_000).toISOString();
    await this.retention(newEvent(cleared, this.from(tenant, data['ref'], { dispatchId, ref: String(data['ref']), attempt, clearanceId: uuidv7(), expiresAt })));
  }

  async holdBack(dispatchId: string, ref: string, holdId: string): Promise<void> {
    const { tenant } = await this.said('heed.dsar.clearance_requested.v1', { dispatchId });
    await this.retention(newEvent(clearanceHeld, this.from(tenant, ref, { dispatchId, ref, attempt: 1, holdIds: [holdId] })));
  }

  async releaseHold(ref: string, holdId: string, tenant = 'ajuni'): Promise<void> {
    await this.retention(newEvent(holdReleased, this.from(tenant, ref, { holdId, ref, dispatchId: `ret_${uuidv7()}`, aliases: [] })));
  }

  /** Notifications says that the mail server took a mail. */
  async mailSent(mail: Event): Promise<void> {
    const { messageId, requestId, ref, template } = mail.data as { messageId: string; requestId: string; ref: string; template: string };
    const data = { messageId, requestId, ref, template, sentAt: this.clock.now().toISOString() };
    await this.bus.publish(newEvent(messageSent, { source: '/heed/notifications', tenant: mail.tenant, key: ref, clock: this.clock, data }));
  }

  private from<T>(tenant: string, key: unknown, data: T): { source: string; tenant: string; key: string; clock: VirtualClock; data: T } {
    return { source: RETENTION, tenant, key: String(key), clock: this.clock, data };
  }

  /** Only the internal topic: the tenant's own copy is not what dsar reads. */
  private async retention(event: NewEvent<unknown>): Promise<void> {
    await this.bus.publish({ ...event, topics: ['heed.retention.events.v1'] });
  }
}
