import { acknowledged, withdrawalCommand } from '@heed/contracts-fanout';
import type { AcknowledgementBody, ConsentCommand } from '@heed/contracts-fanout';
import { mapActivated, mapProposed, policyActivated } from '@heed/contracts-subprocessor-registry';
import type { DataStore } from '@heed/contracts-subprocessor-registry';
import { signBody } from '@heed/crypto';
import type { AgentKeys, KekProvider } from '@heed/crypto';
import { Publisher } from '@heed/kafka';
import { cloudEventHeaders, newEvent } from '@heed/kernel';
import { loadSamplePack, packHash } from '@heed/policy';
import { eventually, ServiceBed, testAgentKeys, VirtualClock } from '@heed/testing';
import type { Answer, StartedService } from '@heed/testing';
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { consentMigrations, consentService } from '../src/index.js';

export const PLATFORM = { tenant: 'ajuni', roles: ['platform', 'dpo'] };
export const SERVICE = { roles: ['service'] };

/** Somebody whom nobody has met. */
export const ada = (): { identifiers: { type: string; value: string }[] } => ({ identifiers: [{ type: 'email', value: `${randomUUID()}@example.com` }] });

type SampleTenant = 'ajuni' | 'askasia' | 'aurigen' | 'ahurasense' | 'auronx';

/** The service with tenants, usually two, whose stores `crm` and `telemetry` use a purpose each, and somebody listening to its commands. */
export class ConsentUnderTest {
  private readonly commands: ConsentCommand[] = [];

  private constructor(
    readonly clock: VirtualClock,
    readonly bed: ServiceBed,
    /** Another one after a restart. */
    public service: StartedService,
    readonly publisher: Publisher,
    readonly agent: ReturnType<typeof testAgentKeys>,
  ) {}

  static async start(
    env: Readonly<Record<string, string>> = {}, kek?: KekProvider, tenants: readonly SampleTenant[] = ['ajuni', 'askasia'],
  ): Promise<ConsentUnderTest> {
    const clock = new VirtualClock('2026-11-21T10:00:00Z');
    const bed = await ServiceBed.make({
      clock, tenants: tenants.map((id) => ({ id, isolation: loadSamplePack(id).isolation.value })), ...(kek ? { kek } : {}),
    });
    const service = await bed.start(consentService, consentMigrations, env);
    const publisher = new Publisher(bed.kafka);
    await publisher.connect();
    const system = new ConsentUnderTest(clock, bed, service, publisher, testAgentKeys());
    for (const tenant of tenants) await system.prepareTenant(tenant);
    for (const tenant of tenants) {
      const first = () => service.call('POST', '/v1/withdrawals', { tenant, roles: ['platform'] }, { subject: ada(), purposes: 'all' });
      await eventually(async () => expect((await first()).status).toBe(202), { timeoutMs: 30_000 });
    }
    return system;
  }

  async stop(): Promise<void> {
    await this.publisher.disconnect();
    await this.bed.stop();
  }

  withdraw(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.service.call('POST', '/v1/withdrawals', PLATFORM, body, headers);
  }

  decide(body: unknown): Promise<Answer> {
    return this.service.call('POST', '/v1/consents', PLATFORM, body);
  }

  check(body: unknown): Promise<Answer> {
    return this.service.call('POST', '/v1/consents/check', PLATFORM, body);
  }

  /** Hears what is sent to the agents from now on, and what was before. @returns how to stop */
  async listen(): Promise<() => Promise<void>> {
    const consumer = this.bed.kafka.consumer({ groupId: `${this.bed.topicPrefix}spy`, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic: `${this.bed.topicPrefix}heed.t.ajuni.commands.v1`, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        this.commands.push(withdrawalCommand.data.parse(JSON.parse(String(message.value))));
      },
    });
    return () => consumer.disconnect();
  }

  commandFor(dispatchId: unknown): Promise<ConsentCommand> {
    return eventually(() => this.commands.find((command) => command.dispatchId === dispatchId) ?? false, { timeoutMs: 20_000 });
  }

  async acknowledge(command: ConsentCommand, dataStore: string, keys: AgentKeys): Promise<void> {
    const body: AcknowledgementBody = {
      tenant: 'ajuni', dispatchId: command.dispatchId, owner: 'consent', dataStore, ref: command.ref, version: command.version,
      commandId: randomUUID(), outcome: 'done', assurance: 'applied', rows: 1, residue: 0, tables: [{ table: 'people', rows: 1, residue: 0, kept: [] }],
      reason: null, alreadyErased: false, journalPosition: 1, completedAt: this.clock.now().toISOString(),
    };
    const data = { body, proof: signBody(body, keys.signing) };
    await this.publish(newEvent(acknowledged, { source: '/heed/agent', tenant: 'ajuni', key: command.ref, clock: this.clock, owner: 'consent', data }));
  }

  /** Says an event as another service would. */
  async publish(made: ReturnType<typeof newEvent>): Promise<void> {
    const { key } = made.event;
    const [value, headers] = [JSON.stringify(made.event.data), cloudEventHeaders(made.event)];
    await this.publisher.publish(made.topics.map((topic) => ({ topic: this.bed.topicPrefix + topic, key, value, headers })));
  }

  private async prepareTenant(tenant: SampleTenant): Promise<void> {
    const pack = loadSamplePack(tenant);
    const source = { source: '/heed/subprocessor-registry', tenant, key: tenant, clock: this.clock };
    const policy = { version: 1, hash: packHash(pack), effectiveFrom: this.clock.now().toISOString(), pack: pack as unknown as Record<string, unknown> };
    const stores = [this.sqlStore('crm', 'marketing_email'), this.sqlStore('telemetry', 'analytics')];
    await this.publish(newEvent(policyActivated, { ...source, data: policy }));
    await this.publish(newEvent(mapProposed, { ...source, data: { mapVersion: 1, stores } }));
    await this.publish(newEvent(mapActivated, { ...source, data: { mapVersion: 1 } }));
  }

  private sqlStore(id: string, purpose: string): DataStore {
    return {
      id, title: id, kind: 'postgres', agent: this.agent.agent, maxBackupAge: 'P35D',
      map: {
        tables: [{ table: 'people', key: 'id', identifiers: { email: 'email' }, fields: [{ column: 'email', category: 'contact' }], onErasure: 'erase' }],
        purposes: { [purpose]: { table: 'people', column: 'allowed', on: true, off: false } },
      },
    };
  }
}
